"""The six lessons, in order. A lesson is a record: to change the teaching, change this table."""

from __future__ import annotations

from engine.types import Spec
from ui.learn import truths
from ui.learn.records import Answer, Film, Guess, Lesson, Quiz

TAU = Film("tau", "∇τ, with its brake", Spec(seed=1))
RETRAIN = Film("retrain", "Retraining", Spec(method="retrain", seed=1))


def _ascent(key: str, title: str, rate: float) -> Film:
    return Film(key, title, Spec(method="gradient_ascent", seed=1, parameters={"learning_rate": rate}))


def _seeds(key: str, title: str, method: str) -> tuple[Film, ...]:
    return tuple(Film(f"{key}{seed}", f"{title}, seed {seed}", Spec(method=method, seed=seed)) for seed in truths.SEEDS)


MEMORISED = Lesson(
    title="It memorised", minutes=1.5, at=0, films=(TAU,), shown=("tau",),
    opening="A network learned 1,000 small pictures of digits. One label in five was drawn at random, **on purpose**. "
            "After training it gives every one of the 1,000 its label, the wrong ones included.",
    guess=Guess("How many of the pictures it has **never seen** does it name as their labels say?", truths.memorised),
    watch="Two groups of samples by their loss, the price of a wrong answer. Far left: the model is certain. Orange "
          "are samples it was trained on, blue are new to it. Press space to see them meet.",
    happened=truths.memorised_words,
    why=("No rule predicts a random label. A model that gets it right has **memorised** that one picture.",
         "So its loss is tiny on what it has seen, and often large on what it has not.",
         "That gap is what gives the training data away, and what unlearning has to undo."),
    quizzes=(Quiz("You forget only easy samples, which a model that never saw them would name just as well. Which "
                  "method wins?",
                  (Answer("Doing nothing", "A retrained model would hardly differ from this one. Any change that one "
                                           "can see is damage.", right=True),
                   Answer("The one that raises their loss most", "A model that never saw them would still have a low "
                                                                 "loss on them: raising it overshoots."),
                   Answer("Retraining", "It ends where the model already is, and costs a whole training."))),))

ATTACKER = Lesson(
    title="The attacker", minutes=1.5, films=(TAU,), shown=("tau",), by_hand=True,
    opening="An attacker gets samples one at a time and sees a single number for each: the model's loss. Some are from "
            "the forget set, some have never been seen; both kinds count as half, however many there are. A coin toss "
            "is right about 50%.",
    guess=Guess("The attacker draws one line: a lower loss means *seen in training*. How many does the **best "
                "line** get right **before** anything is forgotten?", truths.attacked, low=40),
    watch="You are the attacker. **Drag the line**, or press ← →: left of it you say *seen in training*. Find the line "
          "that is right most often. Then press **After**, or the space bar, and try once more.",
    happened=truths.attacked_words,
    why=("Where the humps overlap, no line can tell the groups apart: the attacker is left with a coin toss.",
         "A line of your own is chosen on the samples that judge it, which flatters. A number that counts is chosen on "
         "some samples and tried on others.",
         "150 samples are few. By luck alone the attack can land anywhere in the **chance range**; within it, "
         "nothing has been shown.",
         "An average hides the worst case: an attacker who accuses only when certain may be right about a few."),
    quizzes=(Quiz("Somebody reports an attack that is right about 31%, where a coin toss has 50%. Is that private?",
                  (Answer("Yes, the lower the better", "Turn each of its answers round and it is right about 69%."),
                   Answer("No", "Turn each of its answers round and it is right about 69%. The samples stand out, now "
                                "by too *high* a loss.", right=True),
                   Answer("It is only noise", "With a few hundred samples chance moves an attack by some seven "
                                              "points, not by nineteen."))),
             Quiz("At 0.1% false alarms an attack catches nobody. It was tried on 400 unseen samples. Safe?",
                  (Answer("Yes", "One false alarm among 400 is 0.25% already: 0.1% cannot be set."),
                   Answer("That cannot be measured with 400", "The smallest step is 1 in 400, 0.25%. Take more unseen "
                                                              "samples, or ask for no finer rate.", right=True)))))

MEASURE = Lesson(
    title="Retraining is the measure", minutes=1.5, films=(TAU, RETRAIN), shown=("retrain",),
    opening="Forgetting perfectly means: as if the samples had never been there. There is a model like that. Train "
            "again from nothing, **without** the 150 samples.",
    guess=Guess("How many of these 150 does the retrained model name as their labels say?", truths.relearned),
    watch="A training from scratch that never sees the forget set. Compare orange with blue at its end.",
    happened=truths.relearned_words,
    why=("To the retrained model the forget set *is* test data: it never saw it. So it scores there about what it "
         "scores on the test set.",
         "The aim is therefore **not 0%**, but what the retrained model shows. So is the aim for an attack.",
         "Retraining is the dear way. Unlearning tries to end in the same place for a fraction of the cost."),
    quizzes=(Quiz("A random part of the training set is to be forgotten; the test accuracy is 73%. The best forget "
                  "accuracy?",
                  (Answer("0%", "Then the model would know *not* to name them: it would have to remember them."),
                   Answer("50%", "50% is the coin toss of the attack. Accuracy has another scale."),
                   Answer("About 73%", "A model that never saw them treats them as test data.", right=True),
                   Answer("100%", "That is the model before forgetting."))),
             Quiz("And if a whole class is to be forgotten?",
                  (Answer("About 0%", "A model that never saw an example of a class never names it.", right=True),
                   Answer("About 73%", "That needs other examples of the class to learn it from: all of them are "
                                       "gone.")))))

BRAKE = Lesson(
    title="Too little, right, too much", minutes=2, shown=("little", "much", "soft", "tau"), answer="much",
    films=(_ascent("little", "Too little: ascent, small steps", 1e-3),
           _ascent("much", "Too much: ascent, large steps", 2e-2),
           Film("soft", "∇τ with a weak push, alpha 0.05", Spec(seed=1, parameters={"alpha": 0.05})), TAU),
    opening="The simplest way to forget is to train backwards: push the loss of the forget set **up**. "
            "It is called gradient ascent, and nothing tells it when to stop.",
    guess=Guess("Small steps change little. What do steps twenty times as large do?", truths.pushed,
                choices=(truths.FALLS, truths.BREAKS, truths.STAYS)),
    watch="Go through the four pictures. Look at the attack *and* at the test accuracy.",
    happened=truths.pushed_words,
    why=("Ascent has no aim. Past the right point the forgotten samples stand out again by too *high* a loss, or the "
         "model breaks.",
         "∇τ compares the forget loss with the loss on **validation** samples, which nobody trained on. At that level "
         "the push ends by itself: that is the brake.",
         "**alpha** says how hard to push against keeping the rest. With a brake, many alphas do about equally well."),
    quizzes=(Quiz("A model answers every picture with pure guessing. Attacks: 50%. Would you use it?",
                  (Answer("Yes, it leaks nothing", "It leaks nothing because it knows nothing."),
                   Answer("No", "It knows nothing. Read the test accuracy beside every attack.", right=True))),
             Quiz("Why does the brake look at validation samples, not at the test set?",
                  (Answer("There are more of them", "Here the two are about equally large."),
                   Answer("The test set has to judge afterwards", "Whatever a method may look at can no longer judge "
                                                                  "it.", right=True)))))

HIDDEN = Lesson(
    title="It looks gone", minutes=1.5, shown=("labels",), relearned="labels",
    films=(Film("labels", "Random labelling", Spec(method="random_label", seed=4)),),  # a draw that fools the first one
    opening="Another idea: give the 150 samples random labels and train on. Their loss rises, and the attack on the "
            "loss is to fall to a coin toss. A second attacker looks at something else: how **sure** the model is, "
            "whatever it says (its entropy).",
    guess=Guess("How many does the second attacker get right?", truths.hidden, low=0),
    watch="Below, the curve of the attack on the loss and that of the attack on the entropy: which one ends in the "
          "grey chance range? Then look at the shape of orange beside blue: it is not alike.",
    happened=truths.hidden_words,
    why=("The two attacks read one score each. The loss says little about what this method changed, how sure the "
         "model is.",
         "Orange ends in a narrow hump: all forgotten samples are now about equally unsure, which new ones are not.",
         "**“This attack fails” is not “the data are gone”.** A claim of forgetting has to hold against several "
         "attacks, each read beside the retrained model.",
         "**Relearning** asks the model instead of its answers: train it on the retain set alone, and see whether the "
         "forgotten samples come back sooner than in the retrained model. What comes back was hidden, not removed.",
         "An attack with a model of its own for every sample would find more yet. Gone is never shown; only *not found "
         "by what was tried*."),
    quizzes=(Quiz("An attack is right about 50%. Is the data gone?",
                  (Answer("Yes", "Only this attack found nothing."),
                   Answer("Not shown", "Another score, a model for every sample, or relearning may still find it. "
                                       "Compare with the retrained model on those.", right=True))),
             Quiz("After a little more training on the *retain* set alone, an unlearned model's forget accuracy jumps "
                  "from 50 to 98%. The retrained model's stays at 52%. What happened?",
                  (Answer("It learned them from the retain set", "So would the retrained model have done."),
                   Answer("They were hidden, not removed", "The data used held none of them; the weights still did.",
                          right=True)))))

FAIR = Lesson(
    title="A fair comparison", minutes=2, shown=("tau1", "tune1", "tau2", "tune2", "tau3", "tune3"),
    films=(*_seeds("tau", "∇τ", "nabla_tau"), *_seeds("tune", "Fine-tuning", "finetune")),
    opening="∇τ against fine-tuning, which only trains on with what is kept. Which one leaves the loss attack nearer "
            "to a coin toss? Three seeds each: every seed draws another forget set.",
    guess=Guess("What will the three seeds show?", truths.fairer,
                choices=(truths.OURS, truths.THEIRS, truths.OPEN)),
    watch="Six runs, each a few seconds. Look at how much one method differs from itself.",
    happened=truths.fairer_words,
    why=("One seed is one draw. With 150 samples a side, chance alone moves an attack by several points.",
         "Compare on the **same** seeds, and quote the interval of the difference, not two single numbers.",
         "Tune every method as much, count its cost, and say how many Originals, seeds and samples there were. All six "
         "runs here share one Original: this says nothing about others."),
    quizzes=(Quiz("Two methods: attacks of 51.0 and 52.5% with 150 samples a side and one seed. Which is better?",
                  (Answer("The first", "Chance alone moves each by about 3 points."),
                   Answer("Nobody can tell", "Chance alone moves this by about 3 points.", right=True),
                   Answer("The second", "The aim is what retraining shows, and chance moves each by about 3 points."))),
             Quiz("Two seeds on each of three Originals: six runs. How many count for the interval?",
                  (Answer("6", "Runs of one Original share its luck."),
                   Answer("3", "Runs of one Original share its luck: average them first.", right=True),
                   Answer("2", "The Originals are the independent draws, and there are three."))),
             Quiz("The best of 100 settings beats the default by two standard deviations of the seed. Impressive?",
                  (Answer("Yes", "Of 100 settings that are all alike, the best is expected about 2.5 above the mean."),
                   Answer("No", "Of 100 settings that are all alike, the best is expected about 2.5 above the mean.",
                          right=True)))))

LESSONS = (MEMORISED, ATTACKER, MEASURE, BRAKE, HIDDEN, FAIR)
