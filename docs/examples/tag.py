"""Tag: one player is "it" and passes that on with a touch. All the others get a point for each second."""

import math

from gameserver import BaseGame
from Net.schema import ANGLE, nullable

SIZE, RADIUS = 600, 16  # of the field and of a player, in units
SPEED, SPEED_OF_IT, GRACE_S = 180, 205, 1.0  # a new "it" stands still for so long, and touches nobody


def walk(x, y, angle, distance):  # returns the place at the end; the walls of the field stop everybody
    x, y = x + math.cos(angle) * distance, y + math.sin(angle) * distance
    return min(max(x, RADIUS), SIZE - RADIUS), min(max(y, RADIUS), SIZE - RADIUS)


class Tag(BaseGame):
    input_schema = nullable(ANGLE)  # the direction in which the player walks; None: it stands still

    def reset(self):
        super().reset()
        self.it, self.safe_until_s = None, 0.0

    def add_player(self, player_id, name, team=None):
        player = super().add_player(player_id, name, team)
        player.x, player.y, player.angle = self.rng.uniform(0, SIZE), self.rng.uniform(0, SIZE), None
        return player

    def process_input(self, player_id, input_data):
        self.players[player_id].angle = input_data

    def update(self, delta_time):
        speeds = {self.it: SPEED_OF_IT if self.elapsed_s >= self.safe_until_s else 0}
        for player in self.players.values():
            if player.angle is not None:
                player.x, player.y = walk(player.x, player.y, player.angle, speeds.get(player.id, SPEED) * delta_time)
        super().update(delta_time)  # counts the time, and calls detect_collisions
        if self.touched and self.elapsed_s >= self.safe_until_s:
            self.it, self.safe_until_s = self.rng.choice(self.touched), self.elapsed_s + GRACE_S
            self.tell("tagged", self.it)
        if int(self.elapsed_s) > int(self.elapsed_s - delta_time):  # a second is over
            for player_id in self.players.keys() - {self.it}:
                self.handle_scoring(player_id)

    def detect_collisions(self):
        there = {player.id: (player.x, player.y) for player in self.players.values() if player.connected}
        place = there.pop(self.it, None)  # None: nobody is "it", and anybody can become it
        self.touched = [other for other in there if not place or math.dist(place, there[other]) < 2 * RADIUS]

    def get_game_state(self):
        players = {player.id: {"x": round(player.x, 1), "y": round(player.y, 1)} for player in self.players.values()}
        return {"tick": self.tick, "size": SIZE, "it": self.it, "entities": {"player": players}}

    @staticmethod
    def choose_input(state, player_id, rng):  # for a bot: "it" runs to the nearest player, the others tease it
        there = {other: (player["x"], player["y"]) for other, player in state["entities"]["player"].items()}
        me, it = there.pop(player_id), there.get(state["it"])
        goal = it or min(there.values(), key=lambda other: math.dist(me, other), default=me)
        wanted, angles = rng.choice((120, 400)) if it else 0, [rng.uniform(0, math.tau) for _ in range(16)]
        return min(angles, key=lambda angle: abs(math.dist(walk(*me, angle, 80), goal) - wanted))
