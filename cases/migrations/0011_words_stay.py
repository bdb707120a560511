"""What a citizen wrote and what was published to him stays as it was, whoever updates the row."""

from django.db import migrations

KEEP = """
create function cases_words_stay() returns trigger language plpgsql as $$
begin
    raise exception 'The words of % stay as they are: add a version.', tg_table_name
        using errcode = 'integrity_constraint_violation';
end $$;
create trigger message_stays before update of text, external_id, posted_at on cases_message
    for each row when (
        new.text is distinct from old.text
        or new.external_id is distinct from old.external_id
        or new.posted_at is distinct from old.posted_at
    ) execute function cases_words_stay();
create trigger published_reply_stays before update of text on cases_reply
    for each row when (old.state = 'published' and new.text is distinct from old.text)
    execute function cases_words_stay();
"""
FORGET = """
drop trigger published_reply_stays on cases_reply;
drop trigger message_stays on cases_message;
drop function cases_words_stay();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_answered_places")]

    operations = [migrations.RunSQL(KEEP, FORGET)]
