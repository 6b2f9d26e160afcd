/** What a project may be called, for messages. */
export const projectNameRule =
  'lower-case letters, digits, `-` and `_`, starting with a letter or a digit, at most 63 of them'

/** Is this a project name as it stands? A caller in JavaScript may ask of anything. */
export const isProjectName = (text: unknown): text is string =>
  typeof text === 'string' && /^[a-z0-9][a-z0-9_-]{0,62}$/.test(text)

/**
 * A name made into a project's, as Compose does it (compose-go, `NormalizeProjectName`): lower case, what is not
 * allowed left out, no `_` or `-` in front. Empty when nothing is left.
 */
export const normalizeProjectName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '')

/** The same of the last part of a folder's path, cut to the longest that is allowed. */
export const projectNameFromFolder = (folder: string): string =>
  normalizeProjectName(
    folder
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .at(-1) ?? '',
  ).slice(0, 63)
