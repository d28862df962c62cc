/** What to draw with, in which colour and how thick, and the ways to take marks away. */
import { Menu } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowUpRight,
  IconCircle,
  IconEraser,
  IconHandFinger,
  IconHighlight,
  IconPencil,
  IconPointer,
  IconSquare,
  IconTrash,
  IconTypography,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { ToolButton } from "../ui/Toolbar";
import { COLOUR_NAMES, COLOURS, type ColourName, type Tool, type Weight, WEIGHTS } from "./tools";

const TOOLS = [
  { tool: "hand", Icon: IconPointer, keys: "V" },
  { tool: "pointer", Icon: IconHandFinger, keys: "L" },
  { tool: "pen", Icon: IconPencil, keys: "P" },
  { tool: "highlighter", Icon: IconHighlight, keys: "H" },
  { tool: "arrow", Icon: IconArrowUpRight, keys: "A" },
  { tool: "box", Icon: IconSquare, keys: "R" },
  { tool: "ellipse", Icon: IconCircle, keys: "O" },
  { tool: "text", Icon: IconTypography, keys: "T" },
  { tool: "eraser", Icon: IconEraser, keys: "E" },
] as const satisfies readonly { tool: Tool; Icon: typeof IconPencil; keys: string }[];

/** The tool that a key takes up. */
export function toolOfKey(key: string): Tool | undefined {
  return TOOLS.find(({ keys }) => keys === key.toUpperCase())?.tool;
}

export interface Kit {
  readonly tool: Tool;
  readonly colour: ColourName;
  /** The highlighter's, which nobody wants to be that of the pen. */
  readonly marker: ColourName;
  readonly weight: Weight;
}

export function colourOf({ tool, colour, marker }: Kit): ColourName {
  return tool === "highlighter" ? marker : colour;
}

interface ToolsProps {
  kit: Kit;
  /** One's own marks on this page, and all. */
  own: number;
  all: number;
  /** May take away what others drew. */
  staff: boolean;
  disabled: boolean;
  onKit: (kit: Kit) => void;
  onUndo: () => void;
  onClearOwn: () => void;
  onClearAll: () => void;
}

export function Tools(props: ToolsProps) {
  const { kit, own, all, staff, disabled, onKit } = props;
  const { t } = useTranslation();
  return (
    <>
      <div className="fm-toolbar-group">
        {TOOLS.map(({ tool, Icon, keys }) => (
          <ToolButton key={tool} name={tool} Icon={Icon} keys={keys}
            label={t(`slides.tools.${tool}`)} pressed={kit.tool === tool} blocked={disabled}
            onClick={() => onKit({ ...kit, tool })} />
        ))}
      </div>
      <div className="fm-toolbar-group">
        <StyleMenu kit={kit} onKit={onKit} />
      </div>
      <div className="fm-toolbar-group">
        <ToolButton name="undo" Icon={IconArrowBackUp} label={t("slides.undo")} keys="Ctrl+Z"
          blocked={own === 0 || disabled} onClick={props.onUndo} />
        <Menu shadow="md" withInitialFocusPlaceholder={false}>
          <Menu.Target>
            <ToolButton name="clear" Icon={IconTrash} label={t("slides.clear")}
              disabled={disabled || (staff ? all : own) === 0} />
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item disabled={own === 0} onClick={props.onClearOwn}>
              {t("slides.clearOwn")}
            </Menu.Item>
            {staff && (
              <Menu.Item c="var(--fm-bad)" disabled={all === 0} onClick={props.onClearAll}>
                {t("slides.clearAll")}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      </div>
    </>
  );
}

function Swatch({ colour }: { colour: ColourName }) {
  return <span className="fm-swatch" style={{ background: COLOURS[colour] }} aria-hidden="true" />;
}

function StyleMenu({ kit, onKit }: Pick<ToolsProps, "kit" | "onKit">) {
  const { t } = useTranslation();
  const { weight } = kit;
  const colour = colourOf(kit);
  const use = (name: ColourName) =>
    onKit(kit.tool === "highlighter" ? { ...kit, marker: name } : { ...kit, colour: name });
  return (
    <Menu shadow="md" width={200} closeOnItemClick={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ToolButton name="style"
          label={t("slides.style", {
            colour: t(`slides.colours.${colour}`),
            weight: t(`slides.weights.${weight}`),
          })}>
          <Swatch colour={colour} />
        </ToolButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("slides.colour")}</Menu.Label>
        {COLOUR_NAMES.map((name) => (
          <Menu.Item key={name} leftSection={<Swatch colour={name} />}
            data-chosen={name === colour || undefined} aria-current={name === colour || undefined}
            onClick={() => use(name)}>
            {t(`slides.colours.${name}`)}
          </Menu.Item>
        ))}
        <Menu.Label>{t("slides.weight")}</Menu.Label>
        {WEIGHTS.map((name) => (
          <Menu.Item key={name} aria-current={name === weight || undefined}
            data-chosen={name === weight || undefined}
            onClick={() => onKit({ ...kit, weight: name })}>
            {t(`slides.weights.${name}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
