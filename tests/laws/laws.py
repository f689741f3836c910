"""The laws of a symmetric monoidal category with copy and discard, for any category that names its operations.

Each function states one proposition and raises `AssertionError` with both sides where it fails. Morphisms and types
may be anything; a law that needs the domain or the codomain of a morphism is given it.

Source: Fritz, *A synthetic approach to Markov kernels* (2020), definition 2.1, for copy and discard.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import matmul
from typing import Any


@dataclass(frozen=True)
class Category:
    """The operations of a category, and when two of its morphisms count as equal.

    Parameters
    ----------
    id, copy, discard : from types to morphisms x → x, x → x ⊗ x, x → I.
    swap : from two types to x ⊗ y → y ⊗ x.
    then, tensor : composition of two morphisms, in the order of the arrows, and side by side.
    equal : the predicate of equality.
    unit : the type I.
    product : the tensor of two types.
    """

    id: Callable[[Any], Any]
    then: Callable[[Any, Any], Any]
    tensor: Callable[[Any, Any], Any]
    swap: Callable[[Any, Any], Any]
    copy: Callable[[Any], Any]
    discard: Callable[[Any], Any]
    equal: Callable[[Any, Any], bool]
    unit: Any
    product: Callable[[Any, Any], Any] = matmul

    def chain(self, first, *others):
        for other in others:
            first = self.then(first, other)
        return first

    def beside(self, first, *others):
        for other in others:
            first = self.tensor(first, other)
        return first

    def holds(self, law, lhs, rhs):
        if not self.equal(lhs, rhs):
            raise AssertionError(f"{law} fails:\n  {lhs}\n  {rhs}")


# A category, and a functor ⊗ on it.


def associativity(c, f, g, h):
    c.holds("(f ; g) ; h = f ; (g ; h)", c.then(c.then(f, g), h), c.then(f, c.then(g, h)))


def unitality(c, f, dom, cod):
    c.holds("id ; f = f", c.then(c.id(dom), f), f)
    c.holds("f ; id = f", c.then(f, c.id(cod)), f)


def interchange(c, f, g, f_, g_):
    """For f ; g and f′ ; g′ composable."""
    together = c.then(c.tensor(f, f_), c.tensor(g, g_))
    c.holds("(f ⊗ f′) ; (g ⊗ g′) = (f ; g) ⊗ (f′ ; g′)", together, c.tensor(c.then(f, g), c.then(f_, g_)))


def tensor_of_identities(c, x, y):
    c.holds("id ⊗ id = id", c.tensor(c.id(x), c.id(y)), c.id(c.product(x, y)))


def tensor_associativity(c, f, g, h):
    c.holds("(f ⊗ g) ⊗ h = f ⊗ (g ⊗ h)", c.tensor(c.tensor(f, g), h), c.tensor(f, c.tensor(g, h)))


def tensor_unitality(c, f):
    c.holds("id_I ⊗ f = f", c.tensor(c.id(c.unit), f), f)
    c.holds("f ⊗ id_I = f", c.tensor(f, c.id(c.unit)), f)


# Symmetry.


def swap_involution(c, x, y):
    c.holds("swap ; swap = id", c.then(c.swap(x, y), c.swap(y, x)), c.id(c.product(x, y)))


def swap_naturality(c, f, a, b, g, x, y):
    """For f : a → b and g : x → y."""
    lhs = c.then(c.tensor(f, g), c.swap(b, y))
    c.holds("(f ⊗ g) ; swap = swap ; (g ⊗ f)", lhs, c.then(c.swap(a, x), c.tensor(g, f)))


def hexagon(c, x, y, z):
    rhs = c.then(c.tensor(c.swap(x, y), c.id(z)), c.tensor(c.id(y), c.swap(x, z)))
    c.holds("swap(x, y ⊗ z) = (swap(x, y) ⊗ z) ; (y ⊗ swap(x, z))", c.swap(x, c.product(y, z)), rhs)


def swap_unit(c, x):
    c.holds("swap(x, I) = id", c.swap(x, c.unit), c.id(x))


# Copy and discard.


def counit(c, x):
    c.holds("copy ; (x ⊗ discard) = id", c.then(c.copy(x), c.tensor(c.id(x), c.discard(x))), c.id(x))
    c.holds("copy ; (discard ⊗ x) = id", c.then(c.copy(x), c.tensor(c.discard(x), c.id(x))), c.id(x))


def coassociativity(c, x):
    left, right = c.tensor(c.copy(x), c.id(x)), c.tensor(c.id(x), c.copy(x))
    c.holds("copy ; (copy ⊗ x) = copy ; (x ⊗ copy)", c.then(c.copy(x), left), c.then(c.copy(x), right))


def cocommutativity(c, x):
    c.holds("copy ; swap = copy", c.then(c.copy(x), c.swap(x, x)), c.copy(x))


def copy_of_product(c, x, y):
    both = c.tensor(c.copy(x), c.copy(y))
    rhs = c.then(both, c.beside(c.id(x), c.swap(x, y), c.id(y)))
    c.holds("copy(x ⊗ y) = (copy(x) ⊗ copy(y)) ; (x ⊗ swap ⊗ y)", c.copy(c.product(x, y)), rhs)


def discard_of_product(c, x, y):
    both = c.tensor(c.discard(x), c.discard(y))
    c.holds("discard(x ⊗ y) = discard(x) ⊗ discard(y)", c.discard(c.product(x, y)), both)


def copy_and_discard_of_unit(c):
    c.holds("copy(I) = id", c.copy(c.unit), c.id(c.unit))
    c.holds("discard(I) = id", c.discard(c.unit), c.id(c.unit))


def discard_naturality(c, f, dom, cod):
    """For every f : dom → cod: what the Markov categories are among those with copy and discard."""
    c.holds("f ; discard = discard", c.then(f, c.discard(cod)), c.discard(dom))


def copy_is_natural(c, f, dom, cod):
    """Whether f ; copy = copy ; (f ⊗ f), the definition of a deterministic f."""
    return c.equal(c.then(f, c.copy(cod)), c.then(c.copy(dom), c.tensor(f, f)))


def copy_naturality(c, f, dom, cod):
    """For deterministic f : dom → cod only."""
    copied, applied_twice = c.then(f, c.copy(cod)), c.then(c.copy(dom), c.tensor(f, f))
    c.holds("f ; copy = copy ; (f ⊗ f) for deterministic f", copied, applied_twice)
