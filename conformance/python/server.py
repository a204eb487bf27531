"""Serves with Python's grpcio until its standard input ends. Prints the port first."""

import sys
import threading
from concurrent import futures

import grpc
from interop.v1 import interop_pb2 as pb
from interop.v1 import interop_pb2_grpc as rpc


class Interop(rpc.InteropServicer):
    def __init__(self):
        self.given_up = 0
        self.changed = threading.Condition()

    def Echo(self, request, context):
        echoed = [entry for entry in context.invocation_metadata() if entry.key.startswith("x-echo")]
        context.send_initial_metadata(echoed)
        context.set_trailing_metadata(echoed)
        return pb.EchoResponse(text=request.text)

    def Fail(self, request, context):
        codes = {code.value[0]: code for code in grpc.StatusCode}
        context.set_trailing_metadata((("x-why", "asked"),))
        context.abort(codes[request.code], request.message)

    def Wait(self, request, context):
        ended = threading.Event()
        # A call that was over before it came here takes no callback.
        if context.add_callback(ended.set):
            ended.wait()
        with self.changed:
            self.given_up += 1
            self.changed.notify_all()
        return pb.EchoResponse()

    def GivenUp(self, request, context):
        with self.changed:
            self.changed.wait_for(lambda: self.given_up >= request.limit, timeout=10)
            return pb.CountResponse(count=self.given_up)

    def Count(self, request, context):
        for number in range(request.limit):
            yield pb.EchoResponse(text=str(number))
        if request.fail:
            context.abort(grpc.StatusCode.DATA_LOSS, "lost count")

    def Join(self, requests, context):
        return pb.EchoResponse(text="".join(request.text for request in requests))

    def Talk(self, requests, context):
        for request in requests:
            yield pb.EchoResponse(text=request.text)


server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
rpc.add_InteropServicer_to_server(Interop(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
sys.stdin.read()
server.stop(0)
