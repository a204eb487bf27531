"""Calls a server with Python's grpcio: `client.py ADDRESS`. Prints a line for each check that holds."""

import sys

import grpc
from interop.v1 import interop_pb2 as pb
from interop.v1 import interop_pb2_grpc as rpc


def check(name, holds, seen=None):
    if not holds:
        sys.exit(f"{name}: {seen!r}")
    print("ok", name, flush=True)


def failure(call):
    try:
        return call()
    except grpc.RpcError as error:
        return error


def unary(stub):
    check("unary", stub.Echo(pb.EchoRequest(text="hello")).text == "hello")
    large = "x" * 3_000_000
    check("large message", stub.Echo(pb.EchoRequest(text=large)).text == large)
    check("empty message", stub.Echo(pb.EchoRequest()).text == "")


def metadata(stub):
    sent = (("x-echo", "a"), ("x-echo", "b"), ("x-echo-bin", b"\x00\xff\x07"))
    call = stub.Echo.future(pb.EchoRequest(text="m"), metadata=sent)
    call.result()
    for name, received in (("headers", call.initial_metadata()), ("trailers", call.trailing_metadata())):
        echoed = [(entry.key, entry.value) for entry in received if entry.key.startswith("x-echo")]
        check(name, sorted(echoed, key=repr) == sorted(sent, key=repr), echoed)


def status(stub):
    message = "no “Ann” at 100 %\nsecond line"
    error = failure(lambda: stub.Fail(pb.FailRequest(code=5, message=message)))
    check("status code", error.code() == grpc.StatusCode.NOT_FOUND, error)
    check("status message", error.details() == message, error.details())
    trailers = [(entry.key, entry.value) for entry in error.trailing_metadata()]
    check("trailers with an error", ("x-why", "asked") in trailers, trailers)
    error = failure(lambda: stub.Missing(pb.EchoRequest()))
    check("unimplemented method", error.code() == grpc.StatusCode.UNIMPLEMENTED, error)
    channel_call = stub.channel.unary_unary("/interop.v1.Nobody/Home")
    error = failure(lambda: channel_call(b""))
    check("unimplemented service", error.code() == grpc.StatusCode.UNIMPLEMENTED, error)


def giving_up(stub):
    error = failure(lambda: stub.Wait(pb.EchoRequest(), timeout=0.2))
    check("deadline exceeded", error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error)
    check("the server sees the deadline", stub.GivenUp(pb.CountRequest(limit=1), timeout=10).count == 1)
    call = stub.Wait.future(pb.EchoRequest())
    # A later call that is answered shows that the server has this one too.
    stub.Echo(pb.EchoRequest())
    call.cancel()
    check("cancelled", call.code() == grpc.StatusCode.CANCELLED, call)
    check("the server sees the cancellation", stub.GivenUp(pb.CountRequest(limit=2), timeout=10).count == 2)


def streams(stub):
    texts = [reply.text for reply in stub.Count(pb.CountRequest(limit=1000))]
    check("server stream", texts == [str(number) for number in range(1000)], texts)
    seen, error = [], None
    try:
        for reply in stub.Count(pb.CountRequest(limit=3, fail=True)):
            seen.append(reply.text)
    except grpc.RpcError as raised:
        error = raised
    ended = error is not None and error.code() == grpc.StatusCode.DATA_LOSS
    check("an error after messages", ended and seen == ["0", "1", "2"], (seen, error))
    joined = stub.Join(pb.EchoRequest(text=text) for text in "abc" * 100)
    check("client stream", joined.text == "abc" * 100, joined)
    check("empty client stream", stub.Join(iter(())).text == "")
    texts = [reply.text for reply in stub.Talk(pb.EchoRequest(text=str(n)) for n in range(1000))]
    check("both ways", texts == [str(number) for number in range(1000)], texts)
    call = stub.Count(pb.CountRequest(limit=100_000_000))
    next(call)
    call.cancel()
    error = failure(lambda: list(call))
    check("a cancelled stream", error.code() == grpc.StatusCode.CANCELLED, error)


def main(address):
    options = [("grpc.max_receive_message_length", 4 << 20)]
    with grpc.insecure_channel(address, options=options) as channel:
        stub = rpc.InteropStub(channel)
        stub.channel = channel
        for part in (unary, metadata, status, giving_up, streams):
            part(stub)


main(sys.argv[1])
