"""Names of instruments in the drum data pack, the suites and the grooves, and what they are called here."""
# Names used by the suites' truth and by the table of single strokes.
ALIAS = dict(snare_xstick="cross_stick", snare_rimshot="snare", hh_closed="hihat_closed", hh_open="hihat_open",
             hh_half="hihat_open", hh_pedal="hihat_pedal", crash1="crash", crash2="crash", ride2="ride",
             tom_himid="tom_high", tom_mid="tom_low_mid", tom_low="tom_low_mid", tom_floor2="tom_floor",
             bass_drum_1="kick", acoustic_bass_drum="kick", acoustic_snare="snare", electric_snare="snare",
             side_stick="cross_stick", hand_clap="clap", closed_hi_hat="hihat_closed", open_hi_hat="hihat_open",
             half_open_hi_hat="hihat_open", pedal_hi_hat="hihat_pedal", crash_cymbal_1="crash", crash_cymbal_2="crash",
             chinese_cymbal="china", splash_cymbal="splash", ride_cymbal_1="ride", ride_cymbal_2="ride",
             high_tom="tom_high", hi_mid_tom="tom_high", low_mid_tom="tom_low_mid", low_tom="tom_low_mid",
             high_floor_tom="tom_floor", low_floor_tom="tom_floor")
# Articulations that are another sound than their instrument's.
SKIP = {"press", "snares_off", "brush_swirl", "snap", "half_closed"}
# Sounds that are nobody's class: heard now and then, never to be written.
FOREIGN = {"maracas", "cabasa", "shaker", "claves", "triangle", "sticks", "vibraslap"}
# Keys of the Roland kit the grooves were played on.
KEYS = {35: "kick", 36: "kick", 37: "cross_stick", 38: "snare", 40: "snare", 39: "clap", 22: "hihat_closed",
        42: "hihat_closed", 26: "hihat_open", 46: "hihat_open", 44: "hihat_pedal", 49: "crash", 57: "crash", 52: "china",
        55: "splash", 51: "ride", 59: "ride", 53: "ride_bell", 48: "tom_high", 50: "tom_high", 45: "tom_low_mid",
        47: "tom_low_mid", 41: "tom_floor", 43: "tom_floor", 58: "tom_floor", 56: "cowbell", 54: "tambourine"}
