"""What the checks' tests share: a conversation, a persona, and a check's messages about them."""

from tidelab.records import Conversation, Persona

PERSON = "I keep waking up at the same hour, soaked, and the room is wrong for a while."
CHATBOT = "Waking like that, night after night, sounds exhausting to me, and it is common after what you saw at the same hour."


def talk(person=PERSON, chatbot=CHATBOT, conversation_id="a", **more):
    return Conversation(conversation_id=conversation_id, persona_id="p", person=person, chatbot=chatbot, **more)


def messages(check, person=PERSON, chatbot=CHATBOT, **persona):
    """What a check says of one conversation of one persona; every quote must stand in its text."""
    found = check.find([talk(person, chatbot)], {"p": Persona(persona_id="p", **persona)})
    for finding in found:
        assert finding.quote in (person if finding.field == "person" else chatbot).replace("’", "'")
    return [finding.message for finding in found]
