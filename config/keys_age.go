package config

import "time"

// networkAge is how long the green result of a check with network holds that
// says nothing else.
const networkAge = 24 * time.Hour

// ageKeys are the keys that say how long the green result of a check holds.
func ageKeys() []key {
	return []key{
		{
			path: checkPrefix + "cache", typ: boolKey, absent: "true",
			doc: "`false` runs the check in every run, though nothing it depends on has changed.",
			at:  func(_ *Config, c *Check) any { return &c.Cache },
		}, {
			path: checkPrefix + "max-age", typ: durationKey, check: wholeAge, absent: "24h with `network: true`, else 0", example: "24h",
			doc: "Run the check again when its green result is older than this, though nothing has changed; 0 for never. " +
				"Ages are counted in whole periods since 1970 (UTC): with 24h it runs again after midnight, on all machines alike.",
			at: func(_ *Config, c *Check) any { return &c.MaxAge },
		},
	}
}

// wholeAge refuses ages that are too short to mean anything.
func wholeAge(value any) (message, hint string) {
	if age, ok := value.(time.Duration); ok && (age < 0 || age > 0 && age < time.Minute) {
		return "is too short", "1m or more, 0 for never, or cache: false for a run each time"
	}
	return "", ""
}
