//! The one side panel of the call page (a sheet on phones).

/// Which panel is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// None.
    #[default]
    Closed,
    /// What was said.
    Chat,
    /// Who is here.
    People,
    /// Code, link and QR.
    Invite,
}

/// A change of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelAction {
    /// Open this one, or close it when it is the open one.
    Toggle(Panel),
    /// Close whatever is open.
    Close,
}

impl Panel {
    /// Opens or closes.
    pub fn apply(&mut self, action: PanelAction) {
        *self = match action {
            PanelAction::Toggle(panel) if panel != *self => panel,
            PanelAction::Toggle(_) | PanelAction::Close => Self::Closed,
        };
    }
}
