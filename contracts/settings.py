"""All settings, read once by a process's ``__main__`` and passed on. ``docs/settings.md`` lists them for people."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from contracts.emotions import Head
from contracts.errors import ConfigurationError
from contracts.local import running_servers
from contracts.networks import parse_weights
from contracts.redis_address import check_redis_url
from contracts.runtime_settings import RuntimeSettings

PREFIX = "MIEN_"

OF_TOOLS = frozenset({"MIEN_DATA", "MIEN_FACES_DATA", "MIEN_PHOTO", "MIEN_URL"})
"""Names with our prefix that no process reads: where training finds its data, what the clients' examples talk to."""
SECRETS = Path("/run/secrets")
"""Where containers find settings that are secret, each in a file named as its variable, in small letters."""
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Durability = Literal["everysec", "always", "replicated"]
RedisUrl = Annotated[str, AfterValidator(check_redis_url)]


class Settings(RuntimeSettings):
    """Read from the environment (prefix ``MIEN_``). Names, units and limits are the same for every process."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    redis_url: RedisUrl = Field(
        "redis://127.0.0.1:6379/0",
        description="Broker Redis: queues, jobs, images; also `sentinel://…` (`docs/failover.md`). Unset beside a "
        "running `make up`: the one of that.",
    )
    frame_redis_url: RedisUrl = Field("", description="Redis for live frames; empty: the broker Redis.")
    durability: Durability = Field(
        "everysec",
        description="What the answer 202 means ([failover](failover.md)): the job is in the broker's memory, and in "
        "its file within about a second; or on its disk; or in the memory of its replicas as well.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Verbosity of every process.")
    log_format: Literal["text", "json"] = Field("text", description="Log lines for people, or JSON for machines.")

    traces: Literal["off", "otlp", "console"] = Field(
        "off",
        description="Where spans of jobs go (`docs/tracing.md`): to a collector by OTLP, as "
        "`OTEL_EXPORTER_OTLP_ENDPOINT` says, to the standard output, or nowhere.",
    )
    trace_frames: float = Field(
        0.0, ge=0, le=1, description="Part of live frames of which workers record a trace of their own; 0: none."
    )

    host: str = Field("127.0.0.1", description="Address that the gateway and Flower listen on.")
    published_host: str = Field(
        "",
        description="Addresses of the machine, separated by commas, at which a container's port and its proxy's are "
        "published; they decide in place of `MIEN_HOST` whether keys are needed.",
    )
    port: Port = Field(5000, description="Port the gateway listens on.")
    metrics_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port at which the gateway serves `/metrics` and `/metrics/system` without a key, for a Prometheus "
        "in a network that clients do not reach; 0: none.",
    )
    gateway_processes: Count = Field(1, description="Gateway processes; one serves hundreds of viewers.")
    require_keys: bool = Field(False, description="Whether clients need an API key (`python -m api keys create`).")
    allow_anonymous: bool = Field(
        False, description="Listen on an address that others can reach although no keys are required."
    )
    rate_limit: str = Field(
        "",
        pattern=r"^(\d+/(second|minute|hour|day))?$",
        description="Requests a client may make, as `60/minute`, unless its key says otherwise; a job counts as many "
        "as it has images; empty: no limit.",
    )
    allowed_hosts: str = Field(
        "",
        description="Names that lead to the gateway, as `mien.example.com,*.lan`, or `*`. Addresses in numbers, "
        "`localhost` and the machine's own name are allowed always.",
    )
    trusted_proxies: str = Field(
        "",
        description="Networks of proxies before the gateway, as `127.0.0.1,10.0.0.0/8`: what they say of a client's "
        "address and scheme (`X-Forwarded-For`, `X-Forwarded-Proto`) is believed.",
    )
    cors_origins: str = Field("", description="Origins whose pages may call the gateway, separated by commas, or `*`.")
    max_body_bytes: Count = Field(10_000_000, description="Largest request body, in bytes.")
    max_job_bytes: Count = Field(50_000_000, description="Largest body of `POST /v1/jobs`, also unpacked, in bytes.")
    max_intake_bytes: Count = Field(
        200_000_000, description="Bytes of request bodies that a gateway process holds at once; more get 503, unread."
    )
    max_intake_jobs: Count = Field(
        100, description="Jobs that a gateway process stores at the same time; more get 503."
    )
    client_share: float = Field(
        0.25,
        gt=0,
        le=1,
        description="Part of a limit (connections, waits, viewers, bytes, waiting work) that one client may have; a "
        "client is an API key, or an address.",
    )
    max_connections: Count = Field(
        4_000, description="Connections, and requests that wait for a job, of a gateway process."
    )
    max_viewers: Count = Field(
        400, description="Cameras that viewers of a gateway process look at, all together; more get 503."
    )
    max_senders: Count = Field(50, description="Browsers that send their camera to a gateway process; more get 503.")
    idle_timeout_s: Count = Field(
        15, description="How long a connection is kept without a whole head of a request, in seconds."
    )
    min_transfer_rate: Count = Field(
        20_000, description="Bytes a second at which clients have to send bodies and read answers, beyond the grace."
    )
    transfer_grace_s: Seconds = Field(
        10.0, description="How long a body, or an answer, may take beyond what the least rate allows, in seconds."
    )
    max_job_images: Count = Field(100, description="Images in one job.")
    max_job_pixels: Count = Field(1_500_000_000, description="Pixels of all images of a job together.")
    max_pixels: Count = Field(
        50_000_000, description="Largest image in pixels, read from its header; of a HEIC at most 36 million."
    )
    sync_timeout_s: Seconds = Field(10.0, description="How long `POST /detect_emotion` waits before it answers 202.")
    drain_s: float = Field(
        0.0,
        ge=0,
        le=300,
        allow_inf_nan=False,
        description="How long a gateway that is told to end still takes requests, with `/readyz` at 503.",
    )
    max_wait_s: Seconds = Field(60.0, description="Upper limit of `?wait=`, in seconds.")
    max_queue_depth: Count = Field(2_000, description="Jobs waiting in a queue before new ones are refused with 503.")

    max_open_bytes: Count = Field(
        400_000_000,
        description="Bytes of waiting images before new jobs get 503. Keep it under half of the broker's memory.",
    )
    max_open_pixels: Count = Field(
        20_000_000_000, description="Pixels of waiting images before new jobs get 503, as for their bytes."
    )
    bulk_share: float = Field(
        0.75,
        gt=0,
        le=1,
        description="Part of the open bytes and pixels that bulk jobs may take.",
    )
    max_annotated_bytes: Count = Field(
        100_000_000, description="Bytes of annotated images that are kept before jobs that ask for some get 503."
    )
    max_interactive_wait_s: Seconds = Field(3.0, description="Predicted wait above which interactive jobs get 503.")
    max_bulk_wait_s: Seconds = Field(3_600.0, description="Predicted wait above which bulk jobs get 503, in seconds.")

    result_ttl_s: Count = Field(3_600, description="How long a finished job's result is kept, in seconds.")
    idempotency_ttl_s: Count = Field(
        86_400,
        description="How long an `Idempotency-Key` stands for its job at most, in seconds; not beyond its result.",
    )
    max_attempts: Count = Field(3, description="How often a job is tried when workers die over it.")
    lease_s: Seconds = Field(
        15.0, description="A running job is given to another worker after this silence, in seconds."
    )
    requeue_after_s: Seconds = Field(
        20.0, description="A queued job that has left its queue and was not begun is put back after this, in seconds."
    )

    worker_threads: Count = Field(2, description="Jobs, or batches, at the same time; with `keras` 4, unless set.")
    worker_queues: str = Field(
        "interactive,live,webhooks,bulk",
        pattern=r"^(interactive|live|webhooks|bulk)(,(interactive|live|webhooks|bulk))*$",
        description="Queues a worker takes work from.",
    )
    job_time_limit_s: Seconds = Field(
        120.0, description="A worker that is busy with one job for longer is stuck and exits."
    )
    webhook_networks: str = Field(
        "", description="Networks that webhooks may reach although they are not public, as `10.0.0.0/8,fd00::/8`."
    )
    model: str = Field(
        "",
        description="Emotion network by name (`models/weights/`), or several with their shares of the work, as "
        "`mien-3:90,mien-2:10`; empty: the default. `mien networks` sets another plan for all workers.",
    )
    networks_folder: str = Field(
        "", description="Folder with further emotion networks and their cards, looked into while workers run."
    )
    detector: Literal["", "lite", "haar", "mtcnn", "yunet"] = Field(
        "", description="Face detector; empty: the default."
    )
    detection_effort: int = Field(
        960,
        ge=0,
        description="Longest side of the largest input in which `lite` searches large photos again, in pixels; "
        "0: never.",
    )
    yunet_file: str = Field("", description="Network file of the detector `yunet` (`face_detection_yunet_*.onnx`).")
    labels: Head = Field(
        "fer2013",
        description="Which head of the emotion network names the emotion: FER2013's labels, or `people`: what most "
        "people would say, from networks that have learned it; the same for all workers.",
    )

    faces_only: bool = Field(
        False, description="Find faces; read, and tell, no emotions, where that is banned or unwanted; for every role."
    )

    notice: str = Field(
        "", description="Text of the page's notice before a device's first camera or photo; empty: the page's own."
    )
    purpose: str = Field("", description="What this installation is for; shown in that notice and at `/docs`.")

    cameras: str = Field(
        "",
        description="File of all cameras (TOML, `docs/cameras.md`), read again when it changes; empty: the one that "
        "the next settings name.",
    )
    camera: str = Field("camera", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="Name under which capture publishes.")
    camera_source: str = Field(
        "auto",
        description="`auto`, `demo`, a device number, an RTSP or HTTP address, a video file or an image folder.",
    )
    camera_fps: Seconds = Field(15.0, description="Frames published a second, at most.")
    camera_in_flight: Count = Field(2, description="Requests for analysis in flight, a camera.")
    frame_ttl_s: Seconds = Field(5.0, description="How long a frame lives without a newer one, in seconds.")

    events_s: int = Field(
        0, ge=0, le=86_400, description="How long events of cameras are kept, in seconds; 0: there are none."
    )
    events_changed_s: Seconds = Field(
        1.0, description="How long a person shows another expression before that is an event, in seconds."
    )
    events_webhook: str = Field(
        "", max_length=2_000, description="Address to which workers send the events of cameras; empty: none."
    )

    flower_port: Port = Field(5555, description="Port Flower listens on.")
    flower_user: str = Field("mien", description="User name for Flower.")
    flower_password: str = Field(
        "", description="Password for Flower; empty: a new one, printed, which `make up` keeps."
    )

    @field_validator("metrics_port")
    @classmethod
    def _of_its_own(cls, port: int, info: ValidationInfo) -> int:
        if port and port == info.data.get("port"):
            raise ValueError("the gateway itself listens on that port (MIEN_PORT); choose another")
        return port

    @field_validator("model")
    @classmethod
    def _sound_weights(cls, value: str) -> str:
        parse_weights(value)
        return value

    @model_validator(mode="before")
    @classmethod
    def _default_frame_redis(cls, values: dict[str, Any]) -> dict[str, Any]:
        if not values.get("frame_redis_url"):
            default = cls.model_fields["redis_url"].default
            values["frame_redis_url"] = values.get("redis_url") or default
        return values


def load_settings() -> Settings:
    """Read the environment, and files for what is not there: those in `SECRETS`, and the credentials of a systemd unit.

    Without an address of Redis in either, the servers of a ``make up`` that runs are used.

    Raises:
        ConfigurationError: one sentence that names each setting that is wrong, its value and what is expected.
    """
    # systemd names the folder of `LoadCredential=` in this variable.
    folders = [SECRETS, Path(os.environ.get("CREDENTIALS_DIRECTORY") or SECRETS)]
    secrets = [folder for folder in dict.fromkeys(folders) if folder.is_dir()]
    try:
        settings = Settings(_secrets_dir=secrets or None)
    except ValidationError as error:
        faults = "; ".join(
            _described("_".join(str(part) for part in fault["loc"]), fault["input"], fault["msg"])
            for fault in error.errors(include_url=False)
        )
        raise ConfigurationError(f"Wrong settings: {faults}") from None  # the error itself would tell the values
    if "redis_url" in settings.model_fields_set:
        return settings
    found = running_servers()
    if settings.frame_redis_url != settings.redis_url:
        found.pop("frame_redis_url", None)
    return settings.model_copy(update=found)


def _described(name: str, value: Any, message: str) -> str:
    shown = "" if name.endswith("_url") else f"={value!r}"  # there may be a password in it
    return f"{PREFIX}{name.upper()}{shown}: {message}"
