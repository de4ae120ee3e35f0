package bot

import (
	"testing"

	"workervoice/channels"
	"workervoice/channels/terminal"
)

func infos(t *testing.T) []channels.Info {
	return []channels.Info{
		terminal.New("terminal", nil, nil, "w", nil).Info(),
		{ID: "whatsapp", Platform: channels.WhatsApp, Text: channels.Limit{N: 4096}, Body: channels.Limit{N: 1024}, Caption: channels.Limit{N: 1024},
			Choices: 10, Buttons: 3, Button: channels.Limit{N: 20}, Row: channels.Limit{N: 24}, Desc: channels.Limit{N: 72}, Value: 200},
		{ID: "telegram", Platform: channels.Telegram, Text: channels.Limit{N: 4096}, Body: channels.Limit{N: 4096}, Choices: 100, Buttons: 100,
			Button: channels.Limit{N: 64}, Row: channels.Limit{N: 64}, Value: 64},
		{ID: "line", Platform: channels.LINE, Text: channels.Limit{N: 5000}, Body: channels.Limit{N: 2000}, Choices: 12, Buttons: 12,
			Button: channels.Limit{N: 40, Unit: channels.Graphemes}, Row: channels.Limit{N: 40, Unit: channels.Graphemes}, Desc: channels.Limit{N: 72}, Value: 300},
	}
}

// TestNothingIsWrong is the linter that "workervoice check" runs.
func TestNothingIsWrong(t *testing.T) {
	faults, err := Check(infos(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}
