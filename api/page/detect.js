/** One photo to `POST /detect_emotion`, its answer back; an error becomes an Error with the server's sentence. */
export async function detect(blob) {
  let response = await fetch("/detect_emotion", {
    method: "POST",
    body: blob,
    headers: { "Content-Type": blob.type || "application/octet-stream" },
  });
  let answer = await read(response);
  if (response.status === 202) {
    response = await fetch(`${answer.location}?wait=60`);
    answer = await outcome(await read(response));
  }
  return answer;
}

async function read(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `The server answered ${response.status}.`);
  return answer;
}

async function outcome(job) {
  const [item] = job.items;
  if (item?.result) return item.result;
  throw new Error(item?.error?.detail || job.error?.detail || "The analysis is not finished yet.");
}
