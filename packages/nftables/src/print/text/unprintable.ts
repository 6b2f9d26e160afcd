/** What nft's text form cannot say, because it was kept as JSON. */
export class Unprintable extends Error {}
