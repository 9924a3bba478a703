// What any tutorial does: one POST with the photo as base64.
import axios from "axios";
import { readFile } from "node:fs/promises";

const image = (await readFile(process.argv[2])).toString("base64");
const url = process.env.MIEN_URL ?? "http://127.0.0.1:5000";
const { data } = await axios.post(`${url}/detect_emotion`, { image });
console.log(data.emotion, data.confidence);
