package config

// Naming are the values that may name files of the workspace: descriptions of
// targets, and flags of the compiler.
func (c *Config) Naming() []string {
	var values []string
	add := func(s Settings) {
		for _, value := range []string{s.Target, s.Rustflags} {
			if value != "" {
				values = append(values, value)
			}
		}
	}
	add(c.Common)
	for i := range c.Checks {
		add(c.Checks[i].Settings)
	}
	return values
}
