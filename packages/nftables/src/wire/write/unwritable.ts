/**
 * Thrown for a form that our table never has. It is not a mistake, and no user sees it: `nft` writes the change
 * instead.
 */
export class Unwritable extends Error {}

export const unwritable = (what: unknown): Unwritable => new Unwritable(JSON.stringify(what))
