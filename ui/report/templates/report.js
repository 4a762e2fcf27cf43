
// The stage without Streamlit: its scene is in this file.
const reportStage = document.getElementById("report-stage");
const reportScene = document.getElementById("report-scene").textContent;
stage({ data: { spec: reportScene }, parentElement: reportStage });
// On paper a picture stands at the run's end, in the paper's width.
window.addEventListener("beforeprint", () => {
  const { stage: shown } = reportStage.querySelector(".stage");
  Object.assign(shown, { playing: false, follow: false, position: shown.data.points.length - 1 });
  paint(shown);
});
