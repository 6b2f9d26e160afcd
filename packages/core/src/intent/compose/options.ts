/** @public @since 0.1.0 */
export interface ComposeFile {
  readonly text: string
  /** What to call the file in errors; its path, for a click on it. */
  readonly source: string
}

/** @public @since 0.1.0 */
export interface ComposeFilesOptions {
  /** The project's name, above all others: what `-p` says. */
  readonly project?: string | undefined
  /**
   * The project's folder: names the project when nothing else does, and is where the paths in the files start from.
   * By default the folder of the first source.
   */
  readonly folder?: string | undefined
  /** Where variables come from, before `dotenv`; COMPOSE_PROJECT_NAME and COMPOSE_PROFILES are read from it too. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** The variables of a `.env` file: see `parseDotenv`. */
  readonly dotenv?: Readonly<Record<string, string>> | undefined
  /** Profiles to enable instead of those of COMPOSE_PROFILES; `*` is all of them. */
  readonly profiles?: readonly string[] | undefined
  /**
   * Reads another file, for `include` and `extends: {file}`. Without it both are refused. `path` is as written,
   * relative to `folder`; `from` is the source that asks for it.
   */
  readonly load?: ((path: string, from: string, folder: string) => ComposeFile) | undefined
  /**
   * Reads a file of variables, for `include`: those that `env_file` names, and the `.env` in its folder; null when
   * there is none. Without it `env_file` is refused, and no `.env` of an included file is looked for.
   */
  readonly loadVariables?: ((path: string, from: string, folder: string) => ComposeFile | null) | undefined
}

/** @public @since 0.1.0 */
export interface ComposeOptions extends ComposeFilesOptions {
  /** What to call the text in errors: `compose.yaml`. */
  readonly source: string
}
