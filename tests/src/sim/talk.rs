//! What people of a world say to each other.

use milanio_node::{
    core::room::SendChatError,
    wire::{entry::Entry, message::MessageId},
};

use super::World;

impl World {
    /// Node `index` writes to everybody. Nothing if it cannot.
    pub fn write(&mut self, index: usize, text: &str) -> Option<MessageId> {
        self.act(index, |room, now| room.send_chat(text, now).ok()).flatten()
    }

    /// Node `index` puts something into the conversation, which it must be able to.
    pub fn say(&mut self, index: usize, entry: Entry) -> MessageId {
        let said = self.act(index, |room, now| room.send_entry(entry, None, now));
        said.expect("the room is open").expect("it is taken")
    }

    /// Node `index`, whose room is open, writes to the person of node `to` alone.
    pub fn whisper(&mut self, index: usize, to: usize, text: &str) -> Result<MessageId, SendChatError> {
        let account = self.nodes[to].account();
        let said = self.act(index, |room, now| room.send_entry(Entry::text(text), Some(account), now));
        said.expect("the room is open")
    }
}
