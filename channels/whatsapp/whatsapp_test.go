package whatsapp_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"workervoice/channels"
	"workervoice/channels/whatsapp"
)

func TestNewNamesWhatIsMissing(t *testing.T) {
	all := []string{"WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "WHATSAPP_PHONE_ID"}
	for name, test := range map[string]struct {
		change func(*whatsapp.Config)
		want   []string
	}{
		"everything":     {func(c *whatsapp.Config) { *c = whatsapp.Config{} }, all},
		"token":          {func(c *whatsapp.Config) { c.Token = "" }, all[:1]},
		"app secret":     {func(c *whatsapp.Config) { c.AppSecret = " \n" }, all[1:2]},
		"verify token":   {func(c *whatsapp.Config) { c.VerifyToken = "" }, all[2:3]},
		"phone id":       {func(c *whatsapp.Config) { c.PhoneID = "" }, all[3:]},
		"a phone number": {func(c *whatsapp.Config) { c.PhoneID = "+66 2000 00001" }, all[3:]},
		"an account":     {func(c *whatsapp.Config) { c.WABAID = "../me" }, []string{"WHATSAPP_WABA_ID"}},
		"address":        {func(c *whatsapp.Config) { c.URL = "graph.facebook.com" }, []string{"WHATSAPP_API_URL"}},
		"other address":  {func(c *whatsapp.Config) { c.URL = "ftp://graph.facebook.com" }, []string{"WHATSAPP_API_URL"}},
		"odd address":    {func(c *whatsapp.Config) { c.URL = "https://graph.facebook.com?a=b" }, []string{"WHATSAPP_API_URL"}},
	} {
		c := config()
		test.change(&c)
		a, err := whatsapp.New(c)
		if err == nil || a != nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, variable := range append(all, "WHATSAPP_WABA_ID", "WHATSAPP_API_URL") {
			if strings.Contains(err.Error(), variable) != slices.Contains(test.want, variable) {
				t.Errorf("%s: %s in %v", name, variable, err)
			}
		}
		quiet(t, err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	a := adapter(t, nil)
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(form+form, a, config()); strings.Contains(s, token) || strings.Contains(s, secret) || strings.Contains(s, verify) {
			t.Errorf("%s shows a secret: %s", form, s)
		}
	}
	if s := a.LogValue().String(); s != "whatsapp channel whatsapp-th" {
		t.Error(s)
	}
}

func TestRates(t *testing.T) {
	info := adapter(t, nil).Info()
	if info.Rate != (channels.Rate{Messages: 80, Per: time.Second, Burst: 80}) || info.ChatRate != (channels.Rate{Messages: 1, Per: 6 * time.Second, Burst: 40}) {
		t.Errorf("%+v, %+v", info.Rate, info.ChatRate)
	}
	slow := channels.Rate{Messages: 20, Per: time.Second, Burst: 5}
	if info = adapter(t, func(c *whatsapp.Config) { c.Rate, c.ChatRate = slow, slow }).Info(); info.Rate != slow || info.ChatRate != slow {
		t.Errorf("%+v, %+v", info.Rate, info.ChatRate)
	}
}

func TestStartLearnsTheNumber(t *testing.T) {
	g := play(t)
	a := g.adapter(func(c *whatsapp.Config) { c.WABAID = wabaID })
	if link := a.Link("K7M2QX4P"); link != "" {
		t.Error("a link to no number:", link)
	}
	for range 2 {
		if err := a.Start(context.Background(), "https://example.org/whatsapp"); err != nil {
			t.Fatal(err)
		}
		if link := a.Link("K7M2QX4P"); link != "https://wa.me/66200000001?text=Hello%20K7M2QX4P" {
			t.Error(link)
		}
	}
	if link := a.Link("a&b#c"); !strings.HasSuffix(link, "?text=Hello%20a%26b%23c") {
		t.Error(link)
	}
	want := []string{"GET /v23.0/" + phoneID + "?fields=display_phone_number", "POST /v23.0/" + wabaID + "/subscribed_apps"}
	if asked := g.asked(); !slices.Equal(asked[:2], want) || len(asked) != 4 {
		t.Errorf("%q", asked)
	}
	a = g.adapter(func(c *whatsapp.Config) { c.Number, c.URL = "+66 2-111-11111", g.URL+"/v23.0/" })
	if err := a.Start(context.Background(), ""); err != nil || a.Link("X") != "https://wa.me/66211111111?text=Hello%20X" {
		t.Error("the operator's own number is not kept:", a.Link("X"), err)
	}
}

func TestStartSaysWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   channels.Reason
		says   string
		fine   bool
	}{
		"expired":         {status(401, `{"error":{"code":190,"message":"`+token+`"}}`), channels.Misset, "WHATSAPP_TOKEN", false},
		"no permission":   {status(403, `{"error":{"code":10}}`), channels.Misset, "WHATSAPP_TOKEN", false},
		"no such number":  {status(400, `{"error":{"code":100,"error_subcode":33}}`), channels.Misset, "WHATSAPP_PHONE_ID", false},
		"not played":      {status(404, `not found`), "", "", true},
		"trouble":         {status(503, `{"error":{"code":2}}`), "", "Meta could not be asked", false},
		"slow down":       {status(429, `{"error":{"code":4}}`), channels.Busy, "Meta could not be asked", false},
		"no number in it": {status(200, `{"id":"1"}`), "", "", true},
	} {
		g := play(t)
		g.answer = test.answer
		err := g.adapter(nil).Start(context.Background(), "")
		if (err == nil) != test.fine || reason(err) != test.want || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
		quiet(t, err)
	}
	g := play(t)
	g.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			refuse(w, 403, 200, "no permission to manage the account")
			return
		}
		fmt.Fprint(w, `{"display_phone_number":"+66 2000 00001"}`)
	}
	if err := g.adapter(func(c *whatsapp.Config) { c.WABAID = wabaID }).Start(context.Background(), ""); err != nil {
		t.Error("a token without the right to manage stops the channel:", err)
	}
	g.Close()
	if err := g.adapter(nil).Start(context.Background(), ""); reason(err) != channels.Busy {
		t.Error("offline:", err)
	}
}
