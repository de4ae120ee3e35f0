//go:build browser

package web

import (
	"workervoice/channels"
)

// Words of the bot as they are drafted, to look at the page with.
var said = map[string]map[string]string{
	"my": {
		"safe.ask": "အရင်ဆုံး မေးပါရစေ။ အခု ဒီမှာ စာပြောဖို့ သင့်အတွက် ဘေးကင်းပါသလား။",
		"consent":  "ကူညီနိုင်ဖို့ သင်ပြောတာတွေကို မှတ်ထားပါမယ်။ ဒီအဖွဲ့ကလူတွေပဲ ဖတ်လို့ရပါတယ်။ သင် ခွင့်မပြုရင် အလုပ်ရှင်ကို သင့်နာမည် မပြောပါဘူး။ အချိန်မရွေး ရပ်လို့ ဖျက်လို့ ရပါတယ်။ ဒီလိုလုပ်တာ သဘောတူပါသလား။",
		"menu":     "ဘာ ကူညီပေးရမလဲ။",
		"problem":  "ဘာပြဿနာလဲ။ တစ်ခု ရွေးပါ။ နောက်မှ ထပ်ပြောလို့ရပါတယ်။",
		"sub":      "သင့်ပြဿနာနဲ့ ဘယ်ဟာ အတူဆုံးလဲ။",
		"quick":    "အခုပဲ ပို့လို့ရပါတယ်။ ကျန်တာ နောက်မှ မေးပါမယ်။ ဒါမှမဟုတ် မေးခွန်းတိုလေးတွေ ဖြေပါ (4 မိနစ်လောက် ကြာပါမယ်)။",
		"done":     "ကျေးဇူးတင်ပါတယ်။ သင့်စာ ရပါပြီ ✅ သင့်နံပါတ်က 2041-07 ပါ။ မှတ်ထားစရာ မလိုပါဘူး။",
		"next":     "နောက် ဘာဆက်ဖြစ်မလဲ: ကူညီသူ တစ်ယောက် ဖတ်ပြီး 23.11. 18:00 မတိုင်ခင် သင့်ဆီ စာရေးပါမယ်။ အခု သင် ဘာမှ လုပ်စရာ မလိုပါဘူး။",
		"brave":    "ဒီလို ပြောပြတာ သတ္တိရှိပါတယ်။ နေ့ဖြစ်ဖြစ် ညဖြစ်ဖြစ် ဒီမှာ အချိန်မရွေး စာရေးလို့ရပါတယ်။",
		"hello":    "မင်္ဂလာပါ 👋 ဒါက Golden Friend ပါ။ အလုပ်သမားတွေကို ကူညီပေးပါတယ်။ အခမဲ့ပါ။ သင့်အလုပ်ရှင် မဟုတ်ပါဘူး။ ရဲလည်း မဟုတ်ပါဘူး။",
	},
	"km": {
		"safe.ask": "ជាដំបូង៖ តើពេលនេះ អ្នកអាចជជែកជាមួយយើងដោយសុវត្ថិភាពទេ?",
		"consent":  "យើងកត់ត្រាអ្វីដែលអ្នកប្រាប់យើង ដើម្បីអាចជួយអ្នកបាន។ មានតែក្រុមការងាររបស់យើងទេ ដែលអាចអានបាន។ យើងមិនប្រាប់ឈ្មោះអ្នកទៅថៅកែទេ បើអ្នកមិនយល់ព្រម។ អ្នកអាចឈប់ ឬលុបបានគ្រប់ពេល។ តើអ្នកយល់ព្រមទេ?",
		"menu":     "តើអ្នកត្រូវការអ្វី?",
		"problem":  "តើអ្នកមានបញ្ហាអ្វី? សូមជ្រើសរើសមួយ។ អ្នកអាចបន្ថែមទៀតនៅពេលក្រោយ។",
		"sub":      "តើមួយណាដូចបញ្ហារបស់អ្នកជាងគេ?",
		"quick":    "អ្នកអាចផ្ញើឥឡូវនេះ ហើយយើងសួរបន្ថែមពេលក្រោយ។ ឬឆ្លើយសំណួរខ្លីៗមួយចំនួន (ប្រហែល 4 នាទី)។",
		"done":     "សូមអរគុណ។ យើងបានទទួលហើយ ✅ លេខរបស់អ្នកគឺ 2041-07។ អ្នកមិនបាច់ចងចាំវាទេ។",
		"next":     "បន្ទាប់ពីនេះ៖ បុគ្គលិករបស់យើងម្នាក់នឹងអាន ហើយសរសេរទៅអ្នកមុន 23.11. 18:00។ ពេលនេះ អ្នកមិនបាច់ធ្វើអ្វីទេ។",
		"brave":    "អ្នកក្លាហានដែលបានប្រាប់យើង។ អ្នកអាចសរសេរមកទីនេះបានគ្រប់ពេល ទាំងថ្ងៃទាំងយប់។",
		"hello":    "សួស្តី 👋 នេះគឺ Golden Friend។ យើងជួយពលករ និងកម្មករ ដោយឥតគិតថ្លៃ។ យើងមិនមែនជាថៅកែរបស់អ្នកទេ ហើយក៏មិនមែនជាប៉ូលិសដែរ។",
	},
}

var asked = map[string]map[string][]channels.Choice{
	"my": {
		"safe": {
			{Label: "✅ ဘေးကင်းပါတယ်", Value: "safe:yes"},
			{Label: "🕒 အခု ဘေးမကင်းဘူး", Value: "safe:no"},
			{Label: "🆘 အန္တရာယ် ရှိနေပြီ", Value: "safe:danger"},
		},
		"menu": {
			{Label: "📝 ပြဿနာ တိုင်မယ်", Desc: "လစာ၊ အလုပ်ချိန်၊ စာရွက်စာတမ်း၊ ပွဲစားခ၊ အကြမ်းဖက်မှု၊ ဘေးကင်းရေး၊ အလုပ်", Value: "menu:report"},
			{Label: "📂 တိုင်ထားတဲ့ ပြဿနာ", Desc: "အခြေအနေ ကြည့်မယ်၊ ထပ်ပြောမယ်၊ ဖြေရှင်းပြီးပြီလား ပြောမယ်", Value: "menu:mycase"},
			{Label: "📖 ကိုယ့်အခွင့်အရေး", Desc: "လစာ၊ အလုပ်ချိန်၊ စာရွက်စာတမ်း၊ ခွင့်ရက်၊ အလုပ်ရှာပေးခ", Value: "menu:rights"},
			{Label: "☎️ အကူအညီ ဖုန်းနံပါတ်", Desc: "ရဲ၊ သံရုံး၊ ရှေ့နေ၊ ဆရာဝန်၊ အရေးပေါ်ဖုန်း", Value: "menu:help"},
			{Label: "👤 လူနဲ့ ပြောမယ်", Desc: "သင့်ဘာသာစကား ပြောတတ်တဲ့ ကူညီသူ", Value: "menu:person"},
			{Label: "🔗 သူငယ်ချင်းကို ပေးမယ်", Desc: "တခြား အလုပ်သမားတွေကို ပေးဖို့ လင့်ခ် ဒါမှမဟုတ် ကုဒ် ယူမယ်", Value: "menu:share"},
			{Label: "⚙️ လုံခြုံရေးနဲ့ အချိန်", Desc: "ဘာသာစကား၊ ဘေးကင်းတဲ့အချိန်၊ ကိုယ့်အချက်အလက် ဖျက်မယ်", Value: "menu:settings"},
			{Label: "🆘 အခု အန္တရာယ်ရှိနေပြီ", Desc: "အကူအညီ အမြန်ယူမယ်", Value: "menu:danger"},
		},
		"problem": {
			{Label: "💰 လစာ", Value: "problem:pay"},
			{Label: "⏰ အလုပ်ချိန်နဲ့ ခွင့်", Value: "problem:hours"},
			{Label: "🛂 ပတ်စပို့ စာရွက်စာတမ်း", Value: "problem:papers"},
			{Label: "💸 ငွေပေး၊ အကြွေး၊ အလိမ်", Value: "problem:fees"},
			{Label: "✋ ခြိမ်းခြောက် အကြမ်းဖက်", Value: "problem:harm"},
			{Label: "လိင်ပိုင်းနှောင့်ယှက်မှု", Value: "problem:sex"},
			{Label: "🦺 ဘေးကင်းရေး၊ အဆောင်", Value: "problem:safety"},
			{Label: "🚪 အလုပ်ပြုတ်၊ အပြစ်ပေး", Value: "problem:job"},
			{Label: "🔒 ထွက်မရ၊ အတင်းခိုင်း", Value: "problem:free"},
			{Label: "🎤 တခြား: ပြောပြပါ", Value: "problem:other"},
			{Label: "⬅️ နောက်သို့", Value: "problem:back"},
		},
		"sub": {
			{Label: "လစာ နောက်ကျတယ်", Desc: "လစာရက် ကျော်မှ လစာရတယ်", Value: "sub:late"},
			{Label: "လစာ လုံးဝမရဘူး", Desc: "တစ်လ ဒါမှမဟုတ် တစ်လထက်ပိုပြီး လစာမရဘူး", Value: "sub:unpaid"},
			{Label: "ပြောထားတာထက် လျော့ရတယ်", Desc: "စာချုပ် ဒါမှမဟုတ် အနည်းဆုံးအခကြေးငွေထက် နည်းတယ်", Value: "sub:less"},
			{Label: "အချိန်ပိုကြေး မရဘူး", Desc: "အချိန်ပို နာရီ ကျန်နေတယ် ဒါမှမဟုတ် နှုန်းနည်းတယ်", Value: "sub:ot"},
			{Label: "လစာ မတရားဖြတ်တယ်", Desc: "ဒဏ်ကြေး၊ အဆောင်ခ၊ ကိရိယာဖိုး၊ ပစ္စည်းပျက်ဖိုး", Value: "sub:deduct"},
			{Label: "လစာစာရွက် မရှင်းဘူး", Desc: "လစာစာရွက် မရဘူး ဒါမှမဟုတ် နားမလည်ဘူး", Value: "sub:slip"},
			{Label: "ပိတ်ရက်/ခွင့်ရက်ခ မရဘူး", Desc: "ရုံးပိတ်ရက်၊ နှစ်စဉ်ခွင့် ဒါမှမဟုတ် ဆေးခွင့် လစာ", Value: "sub:leavepay"},
			{Label: "လူမှုဖူလုံရေး၊ ဆုကြေး", Desc: "စာရင်းမသွင်းဘူး၊ ငွေမပေးဘူး၊ ဆေးရုံကတ် မရှိဘူး", Value: "sub:benefit"},
			{Label: "⬅️ နောက်သို့", Value: "sub:back"},
			{Label: "⏭ ကျော်မယ်", Value: "sub:skip"},
		},
		"quick": {
			{Label: "✅ အခု ပို့မယ်", Value: "quick:send"},
			{Label: "➕ ထပ်ပြောမယ်", Value: "quick:more"},
			{Label: "🗑 မပို့တော့ဘူး", Value: "quick:drop"},
		},
		"sent": {
			{Label: "🙈 စာတွေ ဖျောက်မယ်", Value: "sent:hide"},
			{Label: "🏠 မီနူး", Value: "sent:menu"},
		},
	},
	"km": {
		"safe": {
			{Label: "✅ មានសុវត្ថិភាព", Value: "safe:yes"},
			{Label: "🕒 មិនទាន់សុវត្ថិភាព", Value: "safe:no"},
			{Label: "🆘 គ្រោះថ្នាក់ឥឡូវ", Value: "safe:danger"},
		},
		"menu": {
			{Label: "📝 រាយការណ៍បញ្ហា", Desc: "ប្រាក់ខែ ម៉ោងការងារ ឯកសារ ថ្លៃសេវា ហិង្សា សុវត្ថិភាព ការងារ", Value: "menu:report"},
			{Label: "📂 បញ្ហារបស់ខ្ញុំ", Desc: "មើលដំណឹង បន្ថែមព័ត៌មាន ប្រាប់ថាដោះស្រាយហើយឬនៅ", Value: "menu:mycase"},
			{Label: "📖 ដឹងសិទ្ធិរបស់ខ្ញុំ", Desc: "ប្រាក់ខែ ម៉ោងការងារ ឯកសារ ការឈប់សម្រាក ថ្លៃសេវា", Value: "menu:rights"},
			{Label: "☎️ លេខទូរស័ព្ទជំនួយ", Desc: "ប៉ូលិស ស្ថានទូត មេធាវី គ្រូពេទ្យ លេខទូរស័ព្ទជំនួយ", Value: "menu:help"},
			{Label: "👤 និយាយជាមួយបុគ្គលិក", Desc: "បុគ្គលិកជំនួយដែលចេះភាសារបស់អ្នក", Value: "menu:person"},
			{Label: "🔗 ចែករំលែកទៅមិត្តភក្តិ", Desc: "យកតំណ (link) ឬលេខកូដ ដើម្បីឱ្យកម្មករផ្សេងទៀត", Value: "menu:share"},
			{Label: "⚙️ ការសម្ងាត់ និងម៉ោង", Desc: "ភាសា ម៉ោងមានសុវត្ថិភាព លុបទិន្នន័យខ្ញុំ", Value: "menu:settings"},
			{Label: "🆘 ខ្ញុំមានគ្រោះថ្នាក់", Desc: "ទទួលជំនួយឱ្យបានលឿន", Value: "menu:danger"},
		},
		"problem": {
			{Label: "💰 ប្រាក់ខែ", Value: "problem:pay"},
			{Label: "⏰ ម៉ោង និងការឈប់សម្រាក", Value: "problem:hours"},
			{Label: "🛂 លិខិតឆ្លងដែន និងឯកសារ", Value: "problem:papers"},
			{Label: "💸 ថ្លៃ បំណុល ត្រូវគេបោក", Value: "problem:fees"},
			{Label: "✋ ការគំរាម អំពើហិង្សា", Value: "problem:harm"},
			{Label: "🛑 ការបៀតបៀនផ្លូវភេទ", Value: "problem:sex"},
			{Label: "🦺 សុវត្ថិភាព ទីស្នាក់នៅ", Value: "problem:safety"},
			{Label: "🚪 បាត់ការងារ គេដាក់ទោស", Value: "problem:job"},
			{Label: "🔒 ចេញមិនបាន គេបង្ខំ", Value: "problem:free"},
			{Label: "🎤 ផ្សេងទៀត៖ ប្រាប់យើង", Value: "problem:other"},
			{Label: "⬅️ ថយក្រោយ", Value: "problem:back"},
		},
		"sub": {
			{Label: "បើកប្រាក់ខែយឺត", Desc: "បានប្រាក់ខែក្រោយថ្ងៃបើកប្រាក់", Value: "sub:late"},
			{Label: "មិនបានប្រាក់ខែសោះ", Desc: "មិនបានប្រាក់ខែមួយខែ ឬច្រើនជាង", Value: "sub:unpaid"},
			{Label: "បានប្រាក់តិចជាងសន្យា", Desc: "តិចជាងកិច្ចសន្យា ឬប្រាក់ឈ្នួលអប្បបរមា", Value: "sub:less"},
			{Label: "មិនបានប្រាក់ថែមម៉ោង", Desc: "ខ្វះម៉ោងថែម ឬតម្លៃថែមម៉ោងទាប", Value: "sub:ot"},
			{Label: "កាត់ប្រាក់មិនត្រឹមត្រូវ", Desc: "ពិន័យ ថ្លៃស្នាក់នៅ ឧបករណ៍ ទំនិញខូច", Value: "sub:deduct"},
			{Label: "គ្មានប័ណ្ណប្រាក់ខែច្បាស់", Desc: "គ្មានប័ណ្ណប្រាក់ខែ ឬខ្ញុំមើលមិនយល់", Value: "sub:slip"},
			{Label: "មិនបានប្រាក់ថ្ងៃឈប់", Desc: "ប្រាក់ថ្ងៃបុណ្យ ឈប់ប្រចាំឆ្នាំ ឬឈប់ពេលឈឺ", Value: "sub:leavepay"},
			{Label: "សន្តិសុខសង្គម រង្វាន់", Desc: "មិនបានចុះឈ្មោះ មិនបានបង់ គ្មានកាតពេទ្យ", Value: "sub:benefit"},
			{Label: "⬅️ ថយក្រោយ", Value: "sub:back"},
			{Label: "⏭ រំលង", Value: "sub:skip"},
		},
		"quick": {
			{Label: "✅ ផ្ញើឥឡូវនេះ", Value: "quick:send"},
			{Label: "➕ ប្រាប់បន្ថែម", Value: "quick:more"},
			{Label: "🗑 កុំផ្ញើ", Value: "quick:drop"},
		},
		"sent": {
			{Label: "🙈 លាក់ការជជែក", Value: "sent:hide"},
			{Label: "🏠 ម៉ឺនុយ", Value: "sent:menu"},
		},
	},
}

// script is a bot that goes the short way to a receipt.
func script(b *book, user string, e channels.Event) {
	p := b.pages[user]
	switch e.Choice {
	case "":
	case "safe:yes":
		b.ask(p, user, "menu", "menu")
	case "menu:report":
		b.ask(p, user, "problem", "problem")
	case "problem:pay":
		b.ask(p, user, "sub", "sub")
	case "sub:less":
		b.ask(p, user, "quick", "quick")
	case "quick:send":
		b.say(user, said[p.Lang]["done"])
		b.say(user, said[p.Lang]["next"])
		b.ask(p, user, "brave", "sent")
	default:
		p.Lang = e.Choice[len("language:"):]
		b.say(user, said[p.Lang]["hello"])
		b.ask(p, user, "safe.ask", "safe")
	}
}

func (b *book) ask(p *Page, user, text, choices string) {
	b.say(user, said[p.Lang][text], asked[p.Lang][choices]...)
}

// drafts are words of the page, not checked by anybody who speaks them.
func drafts(lang, key string) string {
	if w := own[lang][key]; w != "" {
		return w
	}
	if w := own["en"][key]; w != "" {
		return w
	}
	return key
}

var own = map[string]map[string]string{
	"en": {"language.en": "English", "language.my": "မြန်မာ", "language.km": "ខ្មែរ", "language.ne": "नेपाली", "language.th": "ไทย", "lang.choose": "Choose your language.",
		"web.hello": "Hello 👋 How can we help?", "web.hide": "Hide", "web.write": "Write here"},
	"my": {"lang.choose": "ဘာသာစကား ရွေးပါ။", "web.hello": "မင်္ဂလာပါ 👋 ဘာကူညီရမလဲ။", "web.hide": "ဖျောက်", "web.write": "စာရေးပါ", "web.go_on": "ဆက်သွားမယ်", "web.keep": "ဒီစာတွေ သိမ်းထားမယ်", "web.back": "နောက်သို့",
		"web.keep_link": "ဒီလင့်ခ်က ဒီစာတွေကို တခြားဖုန်းမှာ ဖွင့်ပေးပါတယ်။ လင့်ခ်ရတဲ့သူတိုင်း အားလုံး ဖတ်လို့ရပါတယ်။ ဘယ်သူမှ မကြည့်တဲ့နေရာမှာပဲ သိမ်းပါ။"},
	"km": {"lang.choose": "សូមជ្រើសរើសភាសា។", "web.hello": "សួស្តី 👋 តើយើងអាចជួយអ្វី?", "web.hide": "លាក់", "web.write": "សរសេរសារ", "web.go_on": "បន្ត", "web.keep": "រក្សាទុកការជជែកនេះ", "web.back": "ថយក្រោយ",
		"web.keep_link": "តំណនេះបើកការជជែកនេះនៅលើទូរស័ព្ទផ្សេង។ អ្នកណាមានតំណនេះ អាចអានបានទាំងអស់។ សូមរក្សាទុកនៅកន្លែងដែលគ្មានអ្នកមើល។"},
	"ne": {"lang.choose": "भाषा छान्नुहोस्।"},
	"th": {"lang.choose": "เลือกภาษา"},
}
