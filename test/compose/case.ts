/** A small project, as both programs are given it. */
export interface Case {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  /** Options that both programs take: -f, -p, --profile, --env-file, --project-directory. */
  readonly words?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Where the program is started, below the project's folder, which is called `shop`. */
  readonly folder?: string
}

/** A project that is one `compose.yaml`. */
export const one = (name: string, text: string, more: Partial<Case> = {}): Case => ({
  name,
  ...more,
  files: { 'compose.yaml': text, ...more.files },
})

/** A service `web` with these lines, in YAML's flow style. */
export const web = (lines: string): string => `services: {web: {image: x, ${lines}}}\n`
