package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	digest "github.com/opencontainers/go-digest"
	actionscache "github.com/tonistiigi/go-actions-cache"
)

// askActions asks a cache of GitHub Actions under each ref that the token is
// for.
func askActions(ctx context.Context, attrs map[string]string) (presence, error) {
	address, second := attrs["url"], attrs["version"] == "2"
	if second {
		address = attrs["url_v2"]
	}
	// A service that wants to be asked later is not waited for: the builder asks.
	opt := actionscache.Opt{Timeout: time.Nanosecond, BackoffPool: &actionscache.BackoffPool{}, Client: &http.Client{Transport: impatient{http.DefaultTransport}}}
	service, err := actionscache.New(attrs["token"], address, second, opt)
	if err != nil {
		return unknown, fmt.Errorf("ACTIONS_RUNTIME_TOKEN: %w", err)
	}
	for _, scope := range service.Scopes() {
		// The name that BuildKit gives the index of a cache.
		entry, err := service.Load(ctx, "index-"+attrs["scope"]+"-1-"+digest.FromString(scope.Scope).Encoded()[:8])
		switch {
		case answered(err):
			return unknown, nil
		case err != nil:
			return unknown, err
		case entry != nil:
			return present, nil
		}
	}
	return absent, nil
}

// impatient has a service that is busy say to come later than anybody waits. If it
// does not say when, the library starts a timer, and two of its goroutines race
// for that; if it says now, it is asked again and again.
type impatient struct{ http.RoundTripper }

func (i impatient) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := i.RoundTripper.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		response.Header.Set("Retry-After", "60")
	}
	return response, err
}

// answered reports whether an error is an answer all the same: a refusal, or
// something that cannot be read.
func answered(err error) bool {
	var refused actionscache.HTTPError
	var syntax *json.SyntaxError
	var other *json.UnmarshalTypeError
	return errors.As(err, &refused) || errors.As(err, &syntax) || errors.As(err, &other)
}
