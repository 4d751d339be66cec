package config

import (
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestCacheEntries(t *testing.T) {
	t.Parallel()
	want := []CacheEntry{
		{Type: CacheRegistry, Import: true, Export: true, Attrs: map[string]string{"ref": "registry.example/app:{branch}", "mode": "max"}},
		{Type: CacheRegistry, Import: true, Attrs: map[string]string{"ref": "registry.example/main"}},
		{Type: CacheLocal, Import: true, Export: true, Src: "dir", Dest: "dir", Attrs: map[string]string{}},
		{Type: CacheS3, Export: true, Attrs: map[string]string{"bucket": "b,c", "region": "r"}},
	}
	lines := []string{"type=registry,ref=registry.example/app:{branch},mode=max", "type=registry,ref=registry.example/main,export=false", "type=local,path=dir", `type=s3,"bucket=b,c",region=r,import=false`}
	file := `cache:
  - {type: registry, ref: "registry.example/app:{branch}", mode: max}
  - type: registry
    ref: registry.example/main
    export: false
  - type=local,path=dir
  - {type: s3, bucket: "b,c", region: r, import: false}
`
	flags := func() *pflag.FlagSet {
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		set.StringArray("cache", nil, "")
		for _, line := range lines {
			if err := set.Set("cache", line); err != nil {
				t.Fatal(err)
			}
		}
		return set
	}
	for name, change := range map[string]func(*Options){
		"file":     func(*Options) {},
		"flag":     func(o *Options) { o.Flags = flags() },
		"variable": func(o *Options) { o.Environ = []string{"CRANEKIT_CACHE=" + strings.Join(lines, ";")} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := file
			if name != "file" {
				text = "cache: [registry.example/other]\n"
			}
			o := testOptions(project(t, "crane.yaml", text))
			change(&o)
			got := load(t, o).Cache
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
			for _, entry := range got { // Its text means the same.
				again, err := parseCache(entry.String())
				if err != nil || !reflect.DeepEqual(again, entry) {
					t.Errorf("%s is read as %+v, %v", entry, again, err)
				}
			}
		})
	}
}

func TestCacheProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"cache: x y":                                 `crane.yaml:1: cache: ref: "x y" is not a value for it (write HOST/NAME or HOST/NAME:TAG)`,
		"cache:\n- {type: registy, ref: a}":          `crane.yaml:2: cache: "registy" is not a type of cache (did you mean "registry"?)`,
		"cache:\n- type: registry\n  reff: a":        `crane.yaml:3: cache: type registry has no key reff (did you mean "ref"?)`,
		"cache:\n- type=registry,rev=a":              `crane.yaml:2: cache: type registry has no key rev (did you mean "ref"?)`,
		"cache: [{type: registry}]":                  `crane.yaml:1: cache: type registry needs ref`,
		"cache: [{ref: a}]":                          `crane.yaml:1: cache: an entry has no type (one of registry, local, gha, s3, azblob)`,
		"cache: [{type: local}]":                     `crane.yaml:1: cache: type local needs path`,
		"cache: [{type: inline}]":                    `crane.yaml:1: cache: an inline cache is part of an image that is pushed, and checks push none (write type: registry; to read the cache of such an image, add export: false)`,
		"cache: [{type: registry, ref: a, mode: x}]": `crane.yaml:1: cache: mode: "x" is not a value for it (one of max, min)`,
		"cache: [{type: gha, token: a}]":             `crane.yaml:1: cache: token does not belong in a configuration (set the variable ACTIONS_RUNTIME_TOKEN)`,
		"cache: [{type: s3, bucket: a, name: b;c}]":  `crane.yaml:1: cache: name: "b;c" is not a value for it (write one name)`,
		"cache: [{type: gha, scope: 'b,c'}]":         `crane.yaml:1: cache: scope: "b,c" is not a value for it (write one name)`,
		"cache: [{type: gha, export: maybe}]":        `crane.yaml:1: cache: export: expected true or false, got "maybe"`,
		"cache: foo":                                 `crane.yaml:1: cache: "foo" names neither a type of cache nor a registry (for a registry write HOST/foo, for a directory type=local,path=foo)`,
		"cache: gha":                                 `crane.yaml:1: cache: "gha" names neither a type of cache nor a registry (write type=gha)`,
		"cache: [./cache]":                           `crane.yaml:1: cache: "./cache" names neither a type of cache nor a registry (for a directory write type=local,path=./cache)`,
		"cache: [/var/c]":                            `crane.yaml:1: cache: "/var/c" names neither a type of cache nor a registry (for a directory write type=local,path=/var/c)`,
		"cache: [[a]]":                               `crane.yaml:1: cache: in the list: expected a map or text, got a list`,
		"cache: {type: gha}":                         `crane.yaml:1: cache: expected a list of maps, got a map`,
	} {
		_, err := Load(testOptions(project(t, "crane.yaml", text+"\n")))
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
}
