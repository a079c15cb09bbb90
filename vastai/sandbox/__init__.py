"""The sandbox: the API of Vast.ai on this machine, with a market, accounts and money that are not real."""
