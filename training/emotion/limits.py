"""Words that every card of an emotion network carries."""

from typing import Final

FER2013: Final = (
    "Not stated with the images: collected by web image search for the ICML 2013 challenge "
    "(Goodfellow et al., 'Challenges in Representation Learning'); they belong to their owners."
)
FER_PLUS: Final = "MIT (Microsoft, github.com/microsoft/FERPlus)"

LIMITS: Final = (
    "An expression is not a felt emotion: the network names what a face shows, as strangers would name it.",
    "Demographics: not measured. FER2013 says nothing of age, gender or skin, and is known to be uneven.",
    "People agree with FER2013's labels in about 65 % of cases; no figure above that means certainty.",
    "Disgust is rare in the data, and Fear is often taken for Sad or Surprise.",
    "Faces seen from the side, covered by more than a quarter or smaller than 24 pixels are beyond what was measured.",
    "The EU AI Act (Regulation 2024/1689) prohibits inferring emotions at workplaces and in schools, Article 5(1)(f), "
    "but for medical or safety reasons, and requires that people are told when it is used on them, Article 50(3).",
)
