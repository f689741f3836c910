"""The file of the distillation example, as tests change it."""

TEXT = """\
format: learning-diagram/1
name: distillation
objects: [image, digit]
sample_spaces:
  digits: {pixels: image, label: digit}
boxes:
  teacher: {dom: [image], cod: [digit], kernel: true}
  student: {dom: [image], cod: [digit], kernel: true}
frozen: [teacher]
constraints:
  supervised: {lhs: pixels >> student, rhs: label}
  distilled:
    lhs: pixels >> student
    rhs: pixels >> teacher
    weight: 0.5
    divergence: {name: kl, temperature: 4.0}
"""
