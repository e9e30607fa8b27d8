"""What a fault on order does to one request: before its effect, to its effect, and to its answer."""

from asean_social.sandbox.faults import Order
from asean_social.sandbox.platform import Platform
from asean_social.sandbox.wire import Answer, HangUp, Request
from asean_social.sandbox.world import Strain


def instead(platform: Platform, request: Request, order: Order) -> Answer | None:
    """The answer of a request that is to have no effect; None lets it have one. Raises HangUp."""
    match order.fault:
        case "refuse":
            raise HangUp
        case "cut-before":
            request.body.drain()
            raise HangUp
        case "kill-before" | "freeze-before":
            order.signal()
            raise HangUp
        case "500-before":
            return platform.broken()
        case "html":
            page = b"<!DOCTYPE html><html><body><h1>Bad Gateway</h1></body></html>"
            return Answer(502, page, "text/html")
        case "throttle":
            return platform.throttled(request, order.seconds)
        case "expire-token":
            return platform.expire(request)
    return None


def prepare(platform: Platform, request: Request, order: Order) -> None:
    """Change what the request will find. Raises HangUp."""
    world = platform.world
    match order.fault:
        case "cut-half":
            if request.body.declared == 0:
                raise HangUp
            request.body.cut_after(order.share)
        case "revoke-token":
            platform.revoke()
        case "not-found-once":
            request.sees_until = world.now() - order.seconds
        case "lag":
            world.lag(platform.name, order.seconds)
            request.sees_until = world.sees_until(platform.name)
        case "slow-processing":
            world.order_strain(platform.name, Strain(seconds=order.seconds))
        case "fail-processing":
            world.order_strain(platform.name, Strain(fails=True))


def answered(platform: Platform, answer: Answer, order: Order) -> Answer:
    """What the client gets of the answer. Raises HangUp."""
    match order.fault:
        case "cut-after" | "cut-half":  # whose body was not wanted to its end
            raise HangUp
        case "kill-after":
            order.signal()
            raise HangUp
        case "freeze-after":
            order.signal()
        case "half-answer":
            answer.share = order.share
        case "500-after":
            return platform.broken()
        case "garbage":
            return Answer(200, b'{"id": "1')
    return answer
