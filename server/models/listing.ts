/** The catalogue as a table for people. */
import { stages, type CatalogueModel, type Stage } from './catalogue-entry.js';
import { missingFiles } from './model-files.js';
import { size } from './transfer-progress.js';

/**
 * @param configured the models that the configuration asks for, which are marked.
 * @param folder of fetched models.
 */
export function listing(
  models: CatalogueModel[],
  configured: Record<Stage, CatalogueModel | undefined>,
  folder: string,
): string {
  const blocks = stages.map((stage) => {
    const rows = models
      .filter((model) => model.stage === stage)
      .map((model) => row(model, configured[stage], folder));
    return table([[stage, 'size', 'here', 'licence', 'languages'], ...rows]);
  });
  const notes = [
    `* what the configuration asks for; ? nobody has compared revision, sizes and sums with the real files yet`,
    `folder: ${folder}`,
  ];
  return `${blocks.join('\n\n')}\n\n${notes.join('\n')}`;
}

function row(model: CatalogueModel, configured: CatalogueModel | undefined, folder: string): string[] {
  const { id, files, licence, languages, confirmed } = model;
  const missing = missingFiles(model, folder).length;
  const here = missing === 0 ? 'yes' : missing < files.length ? 'in part' : 'no';
  const flags = [licence.acceptance ? 'agree' : [], licence.nonCommercial ? 'non-commercial' : []].flat();
  return [
    `${configured?.id === id ? '*' : ' '}${confirmed === false ? '?' : ' '} ${id}`,
    sizeOf(model),
    here,
    [licence.name, ...flags].join(', '),
    languages.length > 6 ? `${languages.length} languages` : languages.join(' '),
  ];
}

function sizeOf({ files }: CatalogueModel): string {
  if (files.every(({ source }) => source.type === 'local')) return 'built in';
  const sizes = files.map(({ source }) => (source.type === 'hub' ? source.size : 0));
  const known = sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
  if (sizes.every((bytes) => bytes !== undefined)) return size(known);
  return known === 0 ? 'not known' : `over ${size(known)}`;
}

function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
