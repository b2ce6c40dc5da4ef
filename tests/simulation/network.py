"""The broker and the wires to it: loses, delays, doubles, reorders, forgets; keeps a record for whoever listens in."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulation.plan import SILENCE, Noise

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.world import World

OFFICE = "office"


@dataclass
class _Wire:
    machine: "Machine"
    is_cut: bool = False
    is_connected: bool = False
    connection: int = 0
    will: tuple[str, bytes] | None = None


@dataclass
class Network:
    """One broker without any disk. A message lives only as long as the broker and both connections do."""

    world: "World"
    noise: Noise
    is_up: bool = True
    life: int = 0
    retained: dict[str, bytes] = field(default_factory=dict)
    recorded: list[tuple[str, bytes]] = field(default_factory=list)
    _wires: dict[str, _Wire] = field(default_factory=dict)

    def lay(self, machine: "Machine") -> None:
        """Lay a wire to a machine."""
        self._wires[machine.name] = _Wire(machine)

    # Connections

    def connect_soon(self, name: str) -> None:
        """A client tries until it is connected."""
        wire = self._wires[name]
        rng = self.world.stream(f"connect/{name}")
        attempt = wire.connection

        def connect() -> None:
            if wire.is_connected or attempt != wire.connection or not wire.machine.is_on:
                return
            if self.is_up and not wire.is_cut:
                self._connect(wire)
            else:
                self.world.later(rng.uniform(1, 4), connect)

        self.world.later(rng.uniform(0.05, 1.0), connect)

    def _connect(self, wire: _Wire) -> None:
        wire.is_connected = True
        wire.machine.connected()
        if wire.machine.name == OFFICE:
            for topic, raw in list(self.retained.items()):
                self._arrive_later(wire, topic, raw, 0.05)

    def disconnect(self, name: str, *, has_will: bool = True) -> None:
        """A connection dies: what travels on it is lost; the broker may publish its will."""
        wire = self._wires[name]
        if not wire.is_connected:
            return
        wire.is_connected = False
        wire.connection += 1
        self._publish_will(wire, has_will)
        wire.machine.disconnected()
        if wire.machine.is_on:
            self.connect_soon(name)

    def will(self, name: str, will: tuple[str, bytes]) -> None:
        """What the broker shall say when this connection dies."""
        self._wires[name].will = will

    def _publish_will(self, wire: _Wire, has_will: bool) -> None:
        will, wire.will = wire.will, None
        rng = self.world.stream(f"will/{wire.machine.name}")
        if will is not None and has_will and self.is_up and rng.random() < 0.8:
            self.world.later(rng.uniform(0.1, 15), lambda: self._route(wire.machine.name, *will, is_retained=True))

    # Faults

    def cut(self, name: str) -> None:
        """Nothing goes through to this machine any more, and both sides notice after a while."""
        self._wires[name].is_cut = True
        self.world.later(self.world.stream(f"cut/{name}").uniform(0, 10), lambda: self.disconnect(name))

    def mend(self, name: str) -> None:
        """The wire is whole again."""
        self._wires[name].is_cut = False

    def restart(self, down_s: float) -> None:
        """The broker dies and comes back with an empty memory."""
        self.is_up = False
        self.life += 1
        self.retained.clear()
        for name in self._wires:
            self.disconnect(name, has_will=False)
        self.world.later(down_s, self._rise)

    def _rise(self) -> None:
        self.is_up = True

    def calm_down(self) -> None:
        """From now on nothing goes wrong."""
        self.noise = SILENCE
        self.is_up = True
        for wire in self._wires.values():
            wire.is_cut = False

    # Messages

    def collect(self, machine: "Machine") -> None:
        """Take what a machine has handed to its link."""
        sent = machine.link.sent if machine.link is not None else None
        while sent:
            one = sent.popleft()
            self._route(machine.name, one.topic, one.raw, is_retained=one.is_retained)

    def inject(self, topic: str, raw: bytes) -> None:
        """Whoever has a stolen certificate, or the broker itself, says something."""
        self._send(self._receiver(topic), topic, raw)

    def _route(self, sender: str, topic: str, raw: bytes, *, is_retained: bool) -> None:
        if self._wires[sender].is_cut or not self.is_up:
            return
        self.recorded.append((topic, raw))
        if is_retained:
            self.retained[topic] = raw
        rng = self.world.stream(f"noise/{topic}")
        if rng.random() < self.noise.lost:
            self.world.count("messages lost")
            return
        copies = 1 + (rng.random() < self.noise.doubled)
        for _ in range(copies):
            self._send(self._receiver(topic), topic, raw)
        if copies > 1:
            self.world.count("messages doubled")

    def _receiver(self, topic: str) -> str:
        counter, leaf = topic.split("/")[3:5]
        return counter if leaf in {"job", "result", "cmd"} else OFFICE

    def _send(self, receiver: str, topic: str, raw: bytes) -> None:
        rng = self.world.stream(f"delay/{topic}")
        delay_s = rng.uniform(0.002, 0.12)
        if rng.random() < self.noise.slow:
            delay_s += rng.uniform(0.5, 90)
            self.world.count("messages delayed")
        wire = self._wires.get(receiver)
        if wire is not None and wire.is_connected:
            self._arrive_later(wire, topic, raw, delay_s)

    def _arrive_later(self, wire: _Wire, topic: str, raw: bytes, delay_s: float) -> None:
        connection, life = wire.connection, self.life

        def arrive() -> None:
            if (connection, life) == (wire.connection, self.life) and wire.is_connected and not wire.is_cut:
                self.world.count("messages")
                wire.machine.arrived(topic, raw)

        self.world.later(delay_s, arrive)
