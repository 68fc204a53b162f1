"""Runs inside mlserver, in its own venv: a repository's graph behind the v2 protocol. Nothing of ours."""

import asyncio
import os

import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Hop(MLModel):
    """A hop in one ONNX graph; HOP_DELAY_S makes it a slow server."""

    async def load(self) -> bool:
        self.session = onnxruntime.InferenceSession(os.environ["HOP_GRAPH"])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        await asyncio.sleep(float(os.environ.get("HOP_DELAY_S", "0")))
        given = {one.name: NumpyCodec.decode_input(one) for one in payload.inputs}
        names = [one.name for one in self.session.get_outputs()]
        found = self.session.run(names, given)
        outputs = [NumpyCodec.encode_output(name, value) for name, value in zip(names, found, strict=True)]
        return InferenceResponse(model_name=self.name, outputs=outputs)
