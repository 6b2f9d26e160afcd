/** Thrown for a part that nft's text form cannot express, because it was kept as JSON. */
export class Unprintable extends Error {}
