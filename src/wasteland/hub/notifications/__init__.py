"""
What accounts are told of their own work: what became of it, and why.

    records     One notification, and what it says.
    store       Which there are, who has read which, how far each repository was told of.
    gathering   Makes them from what is new in a repository: deeds of main, ends of offers.
    mail        Letters by SMTP.   digests   What is unread, by e-mail, once a day or a week.
"""
