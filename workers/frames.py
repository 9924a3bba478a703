"""Analysing a camera's newest frame: latest wins, and what came too late is dropped without a word."""

import logging
import time
from collections import defaultdict
from contextlib import closing

from contracts.devices import metric_name
from contracts.errors import InvalidImage
from contracts.frames import Frame, FrameResult
from contracts.metrics import FRAMES_ANALYZED, FRAMES_STALE, metric_key
from contracts.results import Analysis, Box
from contracts.storage.frames import Written
from models.blurring import heads
from models.tracking import TrackerState, follow
from workers.metrics import add_analysis, add_cpu
from workers.networks import InForce
from workers.services import Services
from workers.traces import FrameTrace
from workers.views import show

logger = logging.getLogger(__name__)


def analyze_frame(services: Services, camera: str, token: str) -> str:
    """Analyse the newest frame of `camera`, unless that has been begun already; `token` is the request's reservation.

    Returns:
        What became of it, for the log: ``finished``, ``stale`` or ``damaged``.
    """
    amounts: defaultdict[str, float] = defaultdict(float)
    try:
        with services.networks.held() as networks:
            frame = services.frames.take(camera, token)
            if frame is not None:
                with closing(FrameTrace(services.tracing, frame, services.settings.trace_frames)) as trace:
                    return _analyze(services, networks, frame, amounts, trace)
        amounts[metric_key(FRAMES_STALE, camera=metric_name(camera))] += 1
        return "stale"
    except InvalidImage as error:
        logger.warning("a frame of camera %s cannot be analysed: %s", camera, error)
        return "damaged"
    finally:
        services.frames.release_request(camera, token)
        services.counters.add(amounts)


def _analyze(
    services: Services, networks: InForce, frame: Frame, amounts: defaultdict[str, float], trace: FrameTrace
) -> str:
    cpu_seconds: dict[str, float] = {}
    analysis = networks.of_camera(frame.camera).analyze_image(frame.jpeg, cpu_seconds, keep=True, laps=trace.laps)
    with trace.stage("follow"):
        followed = _followed(services, frame, analysis)
    if followed is None:
        amounts[metric_key(FRAMES_STALE, camera=metric_name(frame.camera))] += 1
        return "stale"
    result, hidden = followed
    amounts[metric_key(FRAMES_ANALYZED, camera=metric_name(frame.camera))] += 1
    add_analysis(amounts, analysis.model_copy(update={"faces": result.faces}))
    add_cpu(amounts, cpu_seconds)
    with trace.stage("show"):
        show(services, frame, result, hidden, amounts)
    if analyzer := networks.shadow_of(f"{frame.camera} {frame.stamp}"):
        services.shadow.offer(frame.jpeg, analysis, analyzer, keep=True)
    return "finished"


def _followed(services: Services, frame: Frame, analysis: Analysis) -> tuple[FrameResult, list[Box]] | None:
    """Follow the faces from the newest state on, and store that; again, if another frame came in between.

    Returns:
        What was stored, and what is hidden where faces are not to be seen; none, if a newer frame was stored.
    """
    while True:
        stored = services.frames.tracker_state(frame.camera)
        epoch = stored[0].epoch if stored and frame.options.blur else frame.stamp.epoch  # who is hidden stays it
        state = TrackerState.load(stored[:2] if stored else None, epoch)
        if stored is None:
            state = TrackerState(next_track=services.frames.next_track(frame.camera, frame.stamp.epoch))
        elif stored.width:
            state = state.scaled(analysis.width / stored.width)
        state, faces = follow(state, analysis.faces, frame.captured_at, services.analyzer.begin_score)
        seen = analysis.model_copy(update={"faces": faces})
        result = FrameResult.of(frame, seen, faces, time.time())
        before = stored[0] if stored else None
        after = state.dump()
        written = services.frames.put_result(result, after, frame.mark, before, state.next_track)
        if written is not Written.CHANGED:
            hidden = heads(analysis.faces, state, frame.captured_at)
            return (result, hidden) if written is Written.WRITTEN else None
