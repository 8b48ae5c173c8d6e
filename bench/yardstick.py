#!/usr/bin/python3
"""Writes the documents the floor's yardstick was measured on: accounts with three Graph answers each of four metrics
over two days, 3.3 KB a document.

usage: yardstick.py DIRECTORY ACCOUNTS

Prints the documents' paths, one a line.
"""
import json
import os
import random
import sys

CALLS = {
    "insights": ["page_media_view", "page_total_media_view_unique", "page_post_engagements", "page_views_total"],
    "audience": ["page_fans", "page_daily_follows_unique", "page_daily_unfollows_unique", "page_follows"],
    "video": ["page_video_views", "page_video_repeat_views", "page_video_view_time", "page_video_complete_views_30s"],
}
DESCRIPTION = (
    "Daily: how many times people were shown the content of the Page or anything that speaks of it, posts, stories "
    "and advertisements included, wherever they saw it. (Total Count) It is an estimate, may be corrected within the "
    "two days that follow, and leaves out whoever has not agreed to be measured \u2014 the documentation of the "
    "platform says more on how it is counted and from which day on it was."
)


def window(account, call, since):
    metrics = "%2C".join(CALLS[call])
    token = "EAAB" + "x" * 60
    return (
        f"https://graph.example/v18.0/{account}/{call}?access_token={token}"
        f"&since={since}&until={since + 172800}&metric={metrics}"
    )


def document(account, call, numbers):
    data = []
    for metric in CALLS[call]:
        value = numbers.randrange(10, 5_000_000)
        data.append(
            {
                "name": metric,
                "period": "day",
                "values": [
                    {"value": value, "end_time": "2024-01-02T08:00:00+0000"},
                    {"value": int(value * numbers.uniform(0.9, 1.2)), "end_time": "2024-01-03T08:00:00+0000"},
                ],
                "title": "Daily Total " + metric.replace("_", " ").title(),
                "description": DESCRIPTION,
                "id": f"{account}/insights/{metric}/day",
            }
        )
    return {
        "data": data,
        "paging": {"previous": window(account, call, 1704009600), "next": window(account, call, 1704355200)},
    }


def main():
    root, accounts = sys.argv[1], int(sys.argv[2])
    numbers = random.Random(7)
    for i in range(accounts):
        account = 100000000000000 + i * 7919
        os.makedirs(f"{root}/v18.0/{account}", exist_ok=True)
        for call in CALLS:
            path = f"/v18.0/{account}/{call}.json"
            with open(root + path, "w", encoding="ascii") as file:
                json.dump(document(account, call, numbers), file, separators=(",", ":"))
            print(path)


if __name__ == "__main__":
    main()
