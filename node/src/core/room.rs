//! Chat, presence and membership of one room.
