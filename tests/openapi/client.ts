// A client that openapi-typescript and openapi-fetch make from the document: schema.d.ts is generated beside this file.
import createClient from "openapi-fetch";
import type { paths } from "./schema.d.ts";

const { SANDBOX_URL = "", API_KEY, ACCESS_TOKEN, SUB = "" } = process.env;
const bearer = (token?: string) => ({ Authorization: `Bearer ${token}` });
const application = createClient<paths>({ baseUrl: SANDBOX_URL, headers: bearer(API_KEY) });
const account = createClient<paths>({ baseUrl: SANDBOX_URL, headers: bearer(ACCESS_TOKEN) });

const created = await application.POST("/v1/real_time_scheduling", {
  body: {
    oauth: { redirect_uri: "https://app.example.com/done" },
    event: { event_id: "intro-1", summary: "Intro", tzid: "Europe/London" },
    availability: {
      participants: [{ members: [{ sub: SUB }], required: "all" }],
      required_duration: { minutes: 60 },
      query_periods: [{ start: "2031-03-03T09:00:00Z", end: "2031-03-03T12:00:00Z" }],
    },
  },
});
if (!created.data) throw new Error(JSON.stringify(created.error));
const { real_time_scheduling_id } = created.data.real_time_scheduling;

const status = await application.GET("/v1/real_time_scheduling/{real_time_scheduling_id}", {
  params: { path: { real_time_scheduling_id } },
});

const listed = await account.GET("/v1/calendars");
if (!listed.data) throw new Error(JSON.stringify(listed.error));
const { calendar_id } = listed.data.calendars[0];

const written = await account.POST("/v1/calendars/{calendar_id}/events", {
  params: { path: { calendar_id } },
  body: {
    event_id: "order-77",
    summary: "Fitting",
    start: "2031-03-03T13:00:00Z",
    end: { time: "2031-03-03T14:00:00Z", tzid: "Europe/London" },
  },
});

const refused = await application.POST("/v1/real_time_scheduling/{real_time_scheduling_id}/disable", {
  params: { path: { real_time_scheduling_id } },
  body: { display_message: "x".repeat(501) },
});

console.log(
  JSON.stringify({
    status: status.data?.real_time_scheduling.status,
    calendar_id,
    written: written.response.status,
    refused: refused.error && "errors" in refused.error ? Object.keys(refused.error.errors) : [],
  }),
);
