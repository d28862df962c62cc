"""The role `export`: makes copies of a conference's chat, documents and people for who asks."""
