/** The rule for names of projects, in words for messages. */
export const projectNameRule =
  'lower-case letters, digits, `-` and `_`, starting with a letter or a digit, at most 63 of them'

/** Is this a valid project name as it stands? A caller in JavaScript may pass any value. */
export const isProjectName = (text: unknown): text is string =>
  typeof text === 'string' && /^[a-z0-9][a-z0-9_-]{0,62}$/.test(text)

/**
 * Turns a name into a project name, as Compose does (compose-go, `NormalizeProjectName`): lower case, without invalid
 * characters, without `_` or `-` in front. Empty when nothing is left.
 */
export const normalizeProjectName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '')

/** Turns the last part of a folder's path into a project name, cut to 63 characters. */
export const projectNameFromFolder = (folder: string): string =>
  normalizeProjectName(
    folder
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .at(-1) ?? '',
  ).slice(0, 63)
