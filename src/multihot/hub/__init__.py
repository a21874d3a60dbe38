"""Runs on the Hugging Face hub: pushed with a model card, pulled and checked."""

from multihot.hub.card import model_card
from multihot.hub.pull import pull
from multihot.hub.push import push

__all__ = ["model_card", "pull", "push"]
