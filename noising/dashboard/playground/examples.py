"""Texts to start with: a proof, LaTeX, Metamath, code."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text with the tokenizer for it; `name` is that of its link."""

    name: str
    text: str
    tokenizer: str = "gpt2"

    @property
    def query(self) -> str:
        """Return the query of the page that shows it."""
        return urlencode({"text": self.text, "tokenizer": self.tokenizer})


PROOF: Final = (
    "Theorem. The sum of two even numbers is even.\n"
    "Proof. Let a = 2 m and b = 2 n for integers m and n. Then a + b = 2 m + 2 n "
    "= 2 (m + n), and m + n is an integer. Hence a + b is even, which was to be shown."
)

LATEX: Final = r"""\begin{theorem}
  For all $n \ge 1$, $\sum_{k=1}^{n} k = \frac{n(n+1)}{2}$.
\end{theorem}
\begin{proof}
  By induction. For $n = 1$, both sides are $1$.
  If the claim holds for $n$, then
  \[ \sum_{k=1}^{n+1} k = \frac{n(n+1)}{2} + n + 1
       = \frac{(n+1)(n+2)}{2}. \]
\end{proof}"""

METAMATH: Final = r"""|- ( ph -> ( ps -> ch ) )
|- ( ( ph -> ps ) -> ( ph -> ch ) )
|- ( ( ph /\ ps ) -> ch )
|- ( ph -> ( -. ch -> -. ps ) )
|- ( A. x ( ph -> ps ) -> ( A. x ph -> A. x ps ) )
|- ( ( A e. NN /\ B e. NN ) -> ( A + B ) e. NN )"""

CODE: Final = '''def gcd(a, b):
    """Return the greatest common divisor."""
    while b:
        a, b = b, a % b
    return abs(a)


for pair in [(12, 18), (35, 64)]:
    print(pair, gcd(*pair))'''

EXAMPLES: Final = (
    Example(name="Proof", text=PROOF),
    Example(name="LaTeX", text=LATEX),
    Example(name="Metamath", text=METAMATH, tokenizer="metamath"),
    Example(name="Code", text=CODE),
)
