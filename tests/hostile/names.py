"""File names that were never meant as names."""

NAMES = {
    "parent folders": "../../../../etc/passwd",
    "Windows folders": "..\\..\\windows\\system32\\evil.jpg",
    "NUL": "pier.jpg\x00.exe",
    "right to left": "pier\u202egpj.exe",
    "isolates": "\u2066pier\u2069.jpg",
    "4,000 characters": "p" * 3996 + ".jpg",
    "only dots": "....",
    "two dots": "..",
    "a Windows device": "CON.jpg",
    "another device": "NUL",
    "emoji": "🏖️👩‍👩‍👧‍👦.jpg",
    "quotes": 'pier";filename="evil.html',
    "lines": "pier\r\nX-Evil: 1.jpg",
    "lone surrogate": "pier\udc80.jpg",
    "nothing": "",
}
