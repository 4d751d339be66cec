package config

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// config makes the Config of the merged settings and reports what is wrong
// with them as a whole.
func (l *loader) config() *Config {
	c := &Config{File: l.file, Fork: l.Fork, Origins: map[string]string{}}
	l.setDefaults()
	l.exclude("toolchain.image", "toolchain.oci-layout")
	l.exclude("toolchain.image", "toolchain.dockerfile")
	l.exclude("image.base", "image.oci-layout")
	l.checkImage()
	l.exclude("common.features", "common.all-features")
	l.exclude("common.packages", "common.exclude")
	for i := range l.keys {
		if k := &l.keys[i]; !k.ofCheck() && !k.ofLeg() && !k.ofBuilder() {
			l.fill(c, nil, k, k.path)
		}
		// The first key of the table: defaults of others are relative to it.
		if c.Workspace == "" && len(c.Workspaces) > 0 {
			c.Workspace = c.Workspaces[0]
		}
	}
	l.whose(c)
	l.results(c)
	l.checkOutput(c)
	for i := range l.checks {
		l.fillCheck(c, &l.checks[i])
	}
	c.Checks = l.expand(c)
	l.fillBuilders(c)
	l.checkPaths(c)
	l.noteDemands(c)
	return c
}

// setDefaults gives viper the defaults of the table and of the environment.
func (l *loader) setDefaults() {
	for _, k := range l.keys {
		if !k.ofCheck() && !k.ofLeg() && !k.ofBuilder() {
			l.viper.SetDefault(k.path, k.def)
		}
	}
	l.viper.SetDefault("workspace", []string{})
	if dir := l.defaultWorkspace(); dir != "" {
		l.viper.SetDefault("workspace", []string{dir})
	}
	l.viper.SetDefault("output", "result")
	if hosts := filepath.Join(l.env["HOME"], ".ssh", "known_hosts"); l.env["HOME"] != "" && isFile(hosts) {
		l.viper.SetDefault("fetch.known-hosts", hosts)
	}
	ca := l.env["SSL_CERT_FILE"]
	if ca != "" && isFile(absolute(l.Dir, ca)) {
		l.inherit("network.ca", absolute(l.Dir, ca), "SSL_CERT_FILE")
	}
	for _, name := range []string{"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"} {
		if proxy := l.env[name]; proxy != "" {
			if !strings.Contains(proxy, "://") {
				proxy = "http://" + proxy // as curl reads it
			}
			l.inherit("network.proxy", proxy, name)
			break
		}
	}
	for _, name := range []string{"no_proxy", "NO_PROXY"} {
		if hosts := l.env[name]; hosts != "" {
			l.inherit("network.no-proxy", strings.ReplaceAll(hosts, " ", ""), name)
			break
		}
	}
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

// inherit sets a default that comes from a variable of the system.
func (l *loader) inherit(path, value, variable string) {
	l.viper.SetDefault(path, value)
	if _, given := l.origins[path]; !given {
		l.origins[path] = origin{name: variable}
	}
}

// defaultWorkspace is the directory of crane.yaml, if that is where the root
// manifest is, and else what is found from the working directory.
func (l *loader) defaultWorkspace() string {
	if dir := filepath.Dir(l.file); l.file != "" && holds("Cargo.toml")(dir) {
		return dir
	}
	return findWorkspace(l.Dir)
}

// fill sets the field of a key to its merged value.
func (l *loader) fill(c *Config, check *Check, k *key, path string) {
	c.Origins[path] = l.origins[path].String()
	switch field := k.at(c, check).(type) {
	case *string:
		*field = l.viper.GetString(path)
		if k.typ == pathKey {
			*field = absolute(l.base(c, path), *field)
		}
	case *bool:
		*field = l.viper.GetBool(path)
	case *int:
		*field = l.viper.GetInt(path)
	case *float64:
		*field = l.viper.GetFloat64(path)
	case *time.Duration:
		*field = l.viper.GetDuration(path)
	case *Size:
		*field, _ = l.viper.Get(path).(Size)
	case *[]string:
		if items := l.viper.GetStringSlice(path); len(items) > 0 {
			*field = slices.Clone(items)
		}
		if k.typ == pathsKey {
			for i, item := range *field {
				(*field)[i] = absolute(l.base(c, path), item)
			}
		}
	case *[]CacheEntry:
		entries, _ := l.viper.Get(path).([]CacheEntry)
		*field = slices.Clone(entries)
	case *map[string]string:
		*field = map[string]string{}
		if def, ok := k.def.(map[string]string); ok {
			maps.Copy(*field, def)
		}
		if check != nil && k.leaf() == "env" && k.ofCheck() {
			maps.Copy(*field, c.Common.Env)
		}
		for name, value := range l.entries[path] {
			c.Origins[join(path, name)] = l.origins[join(path, name)].String()
			if file, ok := strings.CutPrefix(value, "file:"); ok && strings.HasSuffix(k.path, "secrets") {
				value = "file:" + absolute(l.base(c, join(path, name)), file)
			}
			(*field)[name] = value
		}
	}
}

// base is what a relative path is relative to, by where it was given.
func (l *loader) base(c *Config, path string) string {
	switch l.origins[path].rank {
	case fromDefault:
		return c.Workspace
	case fromFile:
		return filepath.Dir(l.file)
	default:
		return l.Dir
	}
}
