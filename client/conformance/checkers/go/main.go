// Answers the vectors of a file; see ../../README.md for the rules.
package main

import (
	"encoding/json"
	"os"
	"slices"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/text/unicode/norm"
)

const clockTolerance = 600

type Given struct {
	Lease, Issuer, Product string
	Keys                   json.RawMessage
	ClientID               string `json:"client_id"`
	Nonce                  *string
	Now, Mark              int64
	Entitlements           []string
	ReleasedAt             *time.Time `json:"released_at"`
}

type Lease struct {
	jwt.RegisteredClaims
	Nonce   string
	License struct {
		Status, Code, Product string
		ClientID              string `json:"client_id"`
		Entitlements          []string
		ExpiresAt             *time.Time `json:"expires_at"`
	}
}

type Answer struct {
	Allowed bool   `json:"allowed"`
	Code    string `json:"code"`
	Until   *int64 `json:"until"`
}

// The claims, whatever the time; nil for what is no lease.
func verified(given Given) *Lease {
	keys, err := keyfunc.NewJWKSetJSON(given.Keys)
	if err != nil {
		return nil
	}
	lease := &Lease{}
	token, err := jwt.ParseWithClaims(given.Lease, lease, keys.Keyfunc, jwt.WithValidMethods([]string{"EdDSA"}),
		jwt.WithIssuer(given.Issuer), jwt.WithAudience("license-system:client"), jwt.WithExpirationRequired(),
		jwt.WithLeeway(200*365*24*time.Hour))
	if err != nil || token.Header["typ"] != "lease+jwt" || lease.IssuedAt == nil || lease.License.Status != "valid" {
		return nil
	}
	return lease
}

func codeOf(given Given, lease *Lease) string {
	license := lease.License
	switch {
	case norm.NFC.String(license.ClientID) != norm.NFC.String(given.ClientID):
		return "CLIENT_MISMATCH"
	case license.Product != given.Product:
		return "PRODUCT_MISMATCH"
	case given.Nonce != nil && *given.Nonce != lease.Nonce:
		return "lease_invalid"
	case given.Nonce == nil && given.Now < max(given.Mark, lease.IssuedAt.Unix())-clockTolerance:
		return "clock_set_back"
	case given.Nonce == nil && given.Now >= lease.ExpiresAt.Unix():
		return "lease_expired"
	}
	for _, wanted := range given.Entitlements {
		if !slices.Contains(license.Entitlements, wanted) {
			return "ENTITLEMENTS_MISSING"
		}
	}
	if given.ReleasedAt != nil && license.ExpiresAt != nil && !given.ReleasedAt.Before(*license.ExpiresAt) {
		return "release_not_covered"
	}
	return license.Code
}

func answer(given Given) Answer {
	lease := verified(given)
	if lease == nil {
		return Answer{Code: "lease_invalid"}
	}
	code := codeOf(given, lease)
	if code != lease.License.Code {
		return Answer{Code: code}
	}
	until := lease.ExpiresAt.Unix()
	return Answer{Allowed: true, Code: code, Until: &until}
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var vectors []struct{ Given Given }
	if err := json.Unmarshal(text, &vectors); err != nil {
		panic(err)
	}
	answers := []Answer{}
	for _, vector := range vectors {
		answers = append(answers, answer(vector.Given))
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
