/** What our table never has, and `nft` writes: this is no mistake, and no user sees it. */
export class Unwritable extends Error {}

export const unwritable = (what: unknown): Unwritable => new Unwritable(JSON.stringify(what))
