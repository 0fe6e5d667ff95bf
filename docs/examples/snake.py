"""Snake for a class: each player steers a snake that eats and grows. It must not run into a wall or a snake."""

from collections import Counter
from dataclasses import dataclass

from gameserver import BaseGame, BaseSettings, Range, setting
from Net.schema import integer

STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # a heading is a place in this list: right, down, left or up


@dataclass(frozen=True)
class SnakeSettings(BaseSettings):
    tick_rate: int = setting(10, range=Range(1, 60, "Hz"), help="steps of a snake per second")
    size: int = setting(32, range=Range(12, 200, "cells"), help="the length of each side of the field")
    food: int = setting(12, range=Range(1, 500), help="pieces of food that always lie there", changeable=True)


class Snake(BaseGame):
    Settings = SnakeSettings
    input_schema = integer(0, 3)  # the heading to turn to

    def reset(self):
        super().reset()
        self.food = []  # cells, each with its x and y
        for snake in self.players.values():
            self.take_away(snake, pause_s=0.0)

    def add_player(self, player_id, name, team=None):
        snake = super().add_player(player_id, name, team)
        self.take_away(snake, pause_s=0.0)
        return snake

    def take_away(self, snake, pause_s):
        snake.body, snake.turns, snake.heading = [], [], self.rng.randrange(4)
        snake.born_at_s = self.elapsed_s + pause_s

    def process_input(self, player_id, input_data):
        snake = self.players[player_id]
        heading = [snake.heading, *snake.turns][-1]
        if (input_data - heading) % 2 == 1 and len(snake.turns) < 3:  # no snake turns back into its own neck
            snake.turns.append(input_data)  # two quick turns are made in two ticks

    def update(self, delta_time):
        for snake in self.players.values():
            if snake.body:
                self.step(snake)
            elif snake.connected and self.elapsed_s >= snake.born_at_s:
                snake.body, snake.length = [self.free_cell(margin=self.settings.size // 4)], 4  # far from the walls
        super().update(delta_time)  # counts the time, and calls detect_collisions
        for snake in self.crashed:
            self.tell("crashed", snake.id)
            self.food += snake.body[1::2]  # a feast for the others
            self.take_away(snake, pause_s=1.5)
        for snake in self.eating:
            self.food.remove(snake.body[0])
            snake.length += 1
            self.handle_scoring(snake.id)
        while len(self.food) < self.settings.food:
            self.food.append(self.free_cell())

    def step(self, snake):
        if snake.turns:
            snake.heading = snake.turns.pop(0)
        (x, y), (dx, dy) = snake.body[0], STEPS[snake.heading]
        snake.body = [(x + dx, y + dy), *snake.body][: snake.length]

    def detect_collisions(self):  # finds everything before anything happens: no player has an advantage
        snakes = [snake for snake in self.players.values() if snake.body]
        used = Counter(cell for snake in snakes for cell in snake.body)
        deadly = {cell for cell in used if used[cell] > 1 or min(cell) < 0 or max(cell) >= self.settings.size}
        self.crashed = [snake for snake in snakes if snake.body[0] in deadly]
        self.eating = [snake for snake in snakes if snake.body[0] in self.food and snake not in self.crashed]

    def free_cell(self, margin=0):
        used = {cell for snake in self.players.values() for cell in snake.body}.union(self.food)
        side = range(margin, self.settings.size - margin)
        cells = [(x, y) for x in side for y in side]
        return self.rng.choice([cell for cell in cells if cell not in used] or cells)

    def get_game_state(self):
        snakes, food = {}, {f"{x},{y}": {"x": x, "y": y} for x, y in self.food}
        for snake in self.players.values():
            if snake.body:
                (x, y), (tail_x, tail_y) = snake.body[0], snake.body[-1]
                snakes[snake.id] = {"x": x, "y": y, "tail_x": tail_x, "tail_y": tail_y, "body": snake.body}
        return {"tick": self.tick, "size": self.settings.size, "entities": {"snake": snakes, "food": food}}

    @staticmethod
    def choose_input(state, player_id, rng):  # for a bot: it wants to go to the nearest food, and to live
        snakes, food = state["entities"]["snake"], state["entities"]["food"].values()
        if player_id not in snakes:
            return None
        used = {tuple(cell) for snake in snakes.values() for cell in snake["body"]}
        costs = []
        for dx, dy in STEPS:
            x, y = snakes[player_id]["x"] + dx, snakes[player_id]["y"] + dy
            is_deadly = (x, y) in used or min(x, y) < 0 or max(x, y) >= state["size"]
            costs.append((is_deadly, min(abs(x - piece["x"]) + abs(y - piece["y"]) for piece in food)))
        return costs.index(min(costs))
