import type { NetfilterRule } from '../netfilter/index.ts'

/** Both dialects write the project in front of the first slash: `comment "shop/web"`, `--comment shop/web`. */
const comment = /\bcomment "?([^"/\s]+)\//

/** The project that a rule of ours is for, by its comment; null of what all projects share. */
export const projectOfRule = ({ source }: NetfilterRule): string | null =>
  comment.exec(source.text)?.[1] ?? null
