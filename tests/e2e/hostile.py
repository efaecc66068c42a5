"""A pipeline whose artifacts are what a stranger would send to harm who looks at them."""

from datetime import timedelta

from processor import Pipeline, Stage

ATTACK = '<img src=x onerror="document.title=1"><script>document.title = "taken over"</script>'
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" onload="parent.document.title=\'taken over\'">'
    '<script>parent.document.title = "taken over"</script><rect width="40" height="30" fill="teal"/></svg>'
)

hostile = Pipeline("hostile")


@hostile.stage(timeout=timedelta(minutes=1))
def make(stage: Stage) -> None:
    stage.save("table.csv", f'city,words\nUlm,"{ATTACK.replace(chr(34), chr(34) * 2)}"\n')
    stage.save("words.txt", ATTACK)
    stage.save("records.json", '[{"city": "Ulm", "words": "<b>bold</b>"}]')
    stage.save("picture.svg", PICTURE)
    stage.save("page.html", ATTACK)
    stage.save("long.txt", "a line of words\n" * 40_000)


@hostile.stage(timeout=timedelta(minutes=1))
def fail(stage: Stage) -> None:
    if "fail" in stage.source.name:
        raise ValueError(ATTACK)
