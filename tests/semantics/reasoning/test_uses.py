"""The review of diagrams whose boxes use others."""

import learning_diagrams as ld
from learning_diagrams.files.lint import findings
from learning_diagrams.files.load_save import read_bytes

x = ld.Ty("x")
rows = ld.SampleSpace("rows")
t, s = rows.column("t", x), rows.column("s", x)
u, f = ld.Box("u", x, x), ld.Box("f", x, x)
u_x = ld.Box("u_x", x, x, uses=[u])


def kinds(*constraints, **options):
    return {(finding.kind, finding.subject) for finding in ld.review(ld.LearningDiagram(*constraints, **options))}


def test_a_frozen_derivative_of_a_trained_function_is_trained_through_it():
    """Else `t >> u_x = s` would be an equation that the data must satisfy."""
    assert kinds(ld.Constraint("c", t >> u_x, s), frozen=[u_x]) == set()
    assert ("forced", "") in kinds(ld.Constraint("c", t >> u_x, s), frozen=[u_x, u])


def test_a_used_box_is_trained_by_what_trains_its_user():
    assert kinds(ld.Constraint("c", t >> u_x, s), frozen=[]) == set()
    cut = ld.Constraint("c", t >> u_x >> f, s, detach=u_x)
    assert {("untrained", "u"), ("untrained", "u_x")} <= kinds(cut)


def test_constants_do_not_collapse_what_a_derivative_makes_of_them():
    """With u constant, nothing is known of its derivative; without derivatives, constants fit."""
    plain = ld.Constraint("c", t >> u >> f, t >> u)
    assert ("collapsing", "") in kinds(plain)
    assert ("collapsing", "") not in kinds(ld.Constraint("c", t >> u_x, t >> u))
    assert ("collapsing", "") not in kinds(ld.Constraint("c", t >> u_x, t >> u), frozen=[u_x])
    same = ld.Constraint("c", t >> u_x >> f, t >> u >> f)  # whatever u_x is, f is constant
    assert ("collapsing", "") in kinds(same, frozen=[u_x])


def test_a_file_finds_no_unused_box_in_what_is_used():
    d = ld.LearningDiagram(ld.Constraint("c", t >> u_x, s), frozen=[u_x])
    import json

    read = read_bytes(json.dumps(d.to_dict()).encode(), "json", "d.json")
    assert list(findings(read.document, read.diagram)) == []
    all_frozen = read_bytes(json.dumps(d.freeze("u").to_dict()).encode(), "json", "d.json")
    assert any("trains nothing" in str(finding) for finding in findings(all_frozen.document, all_frozen.diagram))


def test_a_derivative_that_two_constraints_share_is_redundant_as_any_box():
    once, twice = (ld.Constraint(name, t >> u_x, s) for name in ("a", "b"))
    assert [c.name for c in ld.minimal(ld.LearningDiagram(once, twice, frozen=[u_x])).constraints] == ["a"]
