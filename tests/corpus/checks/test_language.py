import pytest

from tests.corpus.checks.talks import messages
from tidelab.corpus.checks.language import CHECK

FOREIGN = {
    "Spanish": "No puedo dormir desde aquella noche y no sé cómo contarlo a mi familia porque todo me da miedo.",
    "French": "Je ne dors plus depuis cette nuit et je ne sais pas comment le dire à ma famille, c'est trop pour moi.",
    "German": "Ich kann seit dieser Nacht nicht schlafen und weiß nicht, wie ich es meiner Familie sagen soll.",
    "Italian": "Non riesco a dormire da quella notte e non so come dirlo alla mia famiglia perché ho paura di tutto.",
    "Portuguese": "Eu não consigo dormir desde aquela noite e não sei como contar para a minha família o que aconteceu.",
    "Dutch": "Ik kan sinds die nacht niet slapen en ik weet niet hoe ik het aan mijn familie moet vertellen.",
    "Polish": "Nie mogę spać od tamtej nocy i nie wiem, jak to powiedzieć mojej rodzinie, bo się boję.",
    "Tagalog": "Hindi ako makatulog mula noong gabing iyon at hindi ko alam kung paano ko ito sasabihin sa pamilya ko.",
    "Cyrillic script": "Я не могу спать с той ночи и не знаю, как сказать об этом семье.",
    "Arabic script": "لا أستطيع النوم منذ تلك الليلة ولا أعرف كيف أخبر عائلتي",
    "Cjk script": "那天晚上以后我睡不着，也不知道怎么跟家里人说。",
}


@pytest.mark.parametrize("language", FOREIGN)
def test_another_language_is_named(language):
    (message,) = messages(CHECK, person=FOREIGN[language])
    assert language in message


def test_a_reply_in_another_language_is_flagged_as_well():
    assert len(messages(CHECK, chatbot=FOREIGN["German"])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "ok so this is dumb but a bus braked outside the library today lol",
        "Mami says stop, mija, ya, and I stop. Then at night I say it again, ay, and the bed is so big.",
        "Walked home. Rain. Sirens again. Kept walking. Couldn't feel feet. Nobody about. Cold tea, no sleep, work tomorrow.",
        "No.",
        "😀😀😀",
        "Dust and everything, could taste it.",
    ],
)
def test_english_in_its_ways_is_fine(text):
    assert messages(CHECK, person=text) == []


def test_gibberish_is_no_language_that_is_known():
    (message,) = messages(
        CHECK, person="lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod tempor incididunt labore dolore magna aliqua"
    )
    assert "no language" in message
