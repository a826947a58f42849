# Questions to other sites.

questions-title = Questions
questions-lead = What this machine does not hold, another site may. A question waits for the next sync when there is no link, and its answer comes back the same way.
questions-mine = My questions
questions-none = You have asked nothing yet. Check something first; the answer offers to ask.
questions-site = Asked from this site
questions-site-none = Nobody here has asked anything yet.
questions-asked = Asked of this site
questions-asked-lead = Who asked about what, and what they were told. This list stays on this machine.
questions-asked-none = No other site has asked about anything that concerns you.
questions-col-question = Question
questions-col-who = Who
questions-col-asked = When
questions-col-to = Asked of
questions-col-told = What they were told
questions-col-answer = Answer
questions-nothing-matched = Nothing matched

ask-heading = Ask another site
ask-words = This machine answers from what it holds. Another site may hold more, or have it sooner.
ask-whom = Whom
ask-reason = Why do you ask?
ask-reason-hint = In a few words. Whoever is asked sees it, and it is in the audit on both sides.
ask-button = Ask { $site }
ask-button-any = Ask
ask-nobody = There is nobody to ask yet: this machine belongs to no hub.

question-title = Question: { $what }
question-back = All questions
question-open = Open the question
question-again = Look again
question-what = What
question-whom = Whom
question-why = Why
question-who = By
question-when = Asked
question-until = Ends
question-word-waiting = Waits
question-word-sent = Sent
question-word-none = Nothing to tell
question-word-contact = Call the holder
question-word-expired = Ended
question-tag-held = Answered
question-waiting = There is no link with { $site } now. The question goes out at the next sync; the answer will stand in your list at Home.
question-going = The question is on its way to { $site }.
question-sent = { $site } has the question. Its answer comes with the next sync and will stand in your list at Home.
question-left = The question has left this machine for { $site }. The answer will stand in your list at Home.
question-sent-linked = { $site } has the question. Its answer is on its way.
question-held = { $count ->
    [one] { $site } knows of 1 record that answers to this.
   *[other] { $site } knows of { $count } records that answer to this.
}
question-held-alike = { $count ->
    [one] { $site } knows of 1 record that is close to this. Compare before you act.
   *[other] { $site } knows of { $count } records that are close to this. Compare before you act.
}
question-contact = Something is held on this. Call its holder before you act.
question-none = { $site } has nothing to tell on this, as of { $time }. That is no proof that nothing is known: a holder may wish to say nothing.
question-expired = Nobody answered until { $time }. If you still need it, check and ask again.
question-as-of = { $site } looked at { $time }.
question-came-later = This came to { $site } later, at { $time }.
question-damaged = { $site } is not whole: damage of its disk took part of what it held.
question-heard-all = { $site } had heard from every other site within a day.
question-unheard = { $site } had not heard within a day from: { $names }.
question-unheard-more = { $count ->
    [one] { $site } had not heard within a day from: { $names } and 1 more site.
   *[other] { $site } had not heard within a day from: { $names } and { $count } more sites.
}
question-more = { $count ->
    [one] 1 more record answers to this there. Ask about something narrower, or call.
   *[other] { $count } more records answer to this there. Ask about something narrower, or call.
}
question-not-here = The record itself has not arrived here yet.

question-news-held = { $what }: { $site } answered your question. Held by { $holders }.
question-news-contact = { $what }: { $site } answered your question. Call the holder before you act.
question-news-none = { $what }: { $site } answered your question. Nothing to tell.
question-news-expired = { $what }: your question ended without an answer.
question-news-tag = Read
question-alert = { $site } asked about something of which they were told nothing.
question-alert-by = Asked by { $person }
question-alert-tag = Look
question-alert-read = Noted

question-told-open = Told what is held
question-told-contact = Told whom to call
question-told-silent = Told nothing
