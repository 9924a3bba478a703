export type Emotion = "Angry" | "Disgust" | "Fear" | "Happy" | "Sad" | "Surprise" | "Neutral";
export type State = "queued" | "running" | "succeeded" | "failed" | "canceled" | "expired";
export type Image = Blob | Uint8Array | { uri: string; name: string; type: string };

export interface Face {
  box: { x: number; y: number; width: number; height: number };
  /** null, as `confidence`, where the server reads no emotions (MIEN_FACES_ONLY); `scores` is empty then */
  emotion: Emotion | null;
  confidence: number | null;
  scores: Partial<Record<Emotion, number>>;
}
export interface DetectionResponse {
  emotion: Emotion | null;
  confidence: number | null;
  faces: Face[];
  width: number;
  height: number;
  detector: string;
  model: string;
  /** whose labels the emotions are; null where the server reads none */
  labels: "fer2013" | "people" | null;
  smallest_face_px: number | null;
  message: string | null;
}
export interface Problem { code: string; detail: string; field: string | null }
export interface Item { index: number; name: string | null; result: DetectionResponse | null; error: Problem | null; annotated: string | null }
export interface Job {
  id: string;
  state: State;
  queue: string;
  image_count: number;
  attempts: number;
  created_at: number;
  deadline_at: number | null;
  started_at: number | null;
  finished_at: number | null;
  items: Item[];
  error: Problem | null;
  location: string;
  metadata: Record<string, unknown> | null;
}
export interface Options {
  wait?: number;
  priority?: "interactive" | "bulk";
  deadline?: number;
  annotate?: boolean;
  webhook?: string;
  metadata?: Record<string, unknown>;
}

export class MienError extends Error {
  status: number;
  code: string;
  field?: string;
  retryAfter?: number;
}
export class Mien {
  constructor(
    url: string,
    options?: { key?: string; retries?: number; fetch?: typeof fetch; traceparent?: () => string },
  );
  detect(image: Image | string): Promise<DetectionResponse>;
  submit(images: Image[], options?: Options): Promise<Job>;
  get(id: string): Promise<Job>;
  wait(id: string, timeout?: number): Promise<Job>;
  cancel(id: string): Promise<Job | null>;
  events(id: string): AsyncGenerator<Job>;
}
export function verifyWebhook(
  secret: string,
  body: string,
  headers: Record<string, string>,
  options?: { now?: number; toleranceSeconds?: number },
): Promise<{ type: string; timestamp: string; data: Job }>;
